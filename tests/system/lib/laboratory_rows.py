"""What each scenario of the laboratory must be: everything in which its chain differs from the
plain one (lib.laboratory.lint), and a look at the one thing it is about."""

import datetime
from dataclasses import dataclass
from typing import Any, Callable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from lib.x509 import GENERALIZED_TIME, UTC_TIME

DAY = datetime.timedelta(days=1)
MINUTES = datetime.timedelta(minutes=5)
COMMON_NAME_ALONE = {"no names", "host not named", "common name not among names"}
SELF_SIGNED = {"no basicConstraints", "no keyUsage"}


@dataclass
class Row:
    lints: Any  # a set, or a tuple
    holds: Callable = lambda lab, host, chain: True
    # What `openssl verify` ends with: its X509_V_ERR_… number. It takes common names where there
    # are no alternative ones, and partial wildcards; what it does not look at at all is 0, too.
    openssl: int = 0

    def __post_init__(self):
        self.lints = set(self.lints)


def near(moment, other):
    return abs(moment - other) <= MINUTES


def common_names(chain):
    return [name.decode() for name in chain.leaf.common_names]


def dns(chain):
    return [name.decode() for name in chain.leaf.dns]


def only_name(text):
    """The one alternative name, "%" for the domain, "@" for the host."""
    def holds(lab, host, chain):
        wanted = text.replace("%", lab.domain).replace("@", host)
        return chain.leaf.names == [("dns", wanted.encode())]
    return holds


def plain(_, host, chain):
    return common_names(chain) == [host] == dns(chain) and "xn--" not in host


def named_by_common_name(is_address):
    return lambda lab, host, chain: common_names(chain) == [host] and \
        (host == lab.address) == is_address


def wrong_host(lab, _, chain):
    wanted = [f"elsewhere.{lab.domain}"]
    return common_names(chain) == wanted == dns(chain)


def no_subject(_, host, chain):
    return chain.leaf.subject == b"\x30\x00" and "names" in chain.leaf.critical and \
        dns(chain) == [host]


def nul(_, host, chain):
    return chain.leaf.dns == [host.encode() + b"\0.elsewhere.example"]


def raw_utf8(lab, host, chain):
    name = f"bücher.{lab.domain}"
    return chain.leaf.dns == [name.encode()] and name.encode("idna").decode() == host


def thousand_names(_, host, chain):
    return len(set(dns(chain))) == 1000 and host in dns(chain)


def ends(length, tag=UTC_TIME):
    """The leaf ends so long from now, its end written in that type."""
    return lambda _, __, chain: near(chain.leaf.ends, chain.now + length) and \
        chain.leaf.dates[1][0] == tag and chain.leaf.dates[0][0] == UTC_TIME


def ends_in(year):
    return lambda _, __, chain: chain.leaf.ends.year == year and \
        chain.leaf.dates[1][0] == GENERALIZED_TIME


def expired_intermediate(_, __, chain):
    _, intermediate, root = chain.path
    return intermediate.ends < chain.now < root.ends


def expired_root(lab, _, chain):
    return chain.path[-1] is not None and chain.path[-1].der == lab.expired_root.der and \
        lab.expired_root.ends < chain.now


def untrusted_root(lab, _, chain):
    return chain.leaf.issuer == lab.stranger.subject and chain.leaf.is_signed_by(lab.stranger)


def is_self_signed(_, __, chain):
    return chain.leaf.is_signed_by(chain.leaf) and chain.leaf.is_self_issued and \
        len(chain.sent) == 1


def anchor(usage, constraints):
    return lambda lab, host, chain: is_self_signed(lab, host, chain) and chain.is_anchor and \
        chain.leaf.usage == usage and chain.leaf.constraints == constraints


def version_1(lab, host, chain):
    return is_self_signed(lab, host, chain) and chain.leaf.version == 1 and \
        not chain.leaf.extensions and common_names(chain) == [host]


def incomplete(lab, _, chain):
    """Nobody ever gets to see the intermediate."""
    seen = [one.der for name in lab.scenarios for other in lab.chains(name) for one in other.sent]
    return len(chain.sent) == 1 and chain.leaf.is_signed_by(lab.unseen) and \
        lab.unseen.is_signed_by(lab.root) and lab.unseen.der not in seen and \
        "access" not in chain.leaf.extensions


def reversed_chain(lab, _, chain):
    return [one.der for one in chain.sent] == \
        [chain.leaf.der, lab.root.der, chain.path[1].der] and len(chain.path) == 3


def wrong_intermediate(lab, _, chain):
    leaf, namesake = chain.sent
    return leaf.is_signed_by(lab.unseen) and namesake.is_signed_by(lab.root) and \
        leaf.issuer == lab.unseen.subject == namesake.subject and namesake.spki != lab.unseen.spki


def tampered(_, __, chain):
    """One bit, put right again, and the signature is good."""
    leaf, issuer = chain.sent[:2]
    for i in range(8 * len(leaf.signature)):
        mended = bytearray(leaf.signature)
        mended[i // 8] ^= 1 << i % 8
        try:
            issuer.public_key.verify(bytes(mended), leaf.signed,
                                     ec.ECDSA(leaf.parsed.signature_hash_algorithm))
            return leaf.issuer == issuer.subject
        except (InvalidSignature, ValueError):
            pass
    return False


def no_authority(_, __, chain):
    return chain.path[1].constraints == (False, None) and chain.path[1].usage is None and \
        len(chain.path) == 3


def no_cert_sign(_, __, chain):
    issuer = chain.path[1]
    return issuer.constraints[0] and issuer.usage and "keyCertSign" not in issuer.usage


def other_purpose(_, __, chain):
    return chain.path[1].purposes == ["1.3.6.1.5.5.7.3.2"]


def path_too_long(_, __, chain):
    _, lower, upper, _ = chain.path
    return upper.constraints == (True, 0) and lower.constraints[0]


def permitted(domain):
    def holds(lab, _, chain):
        found = chain.path[1].parsed.extensions.get_extension_for_class(x509.NameConstraints)
        names = [base.value for base in found.value.permitted_subtrees]
        return names == [lab.domain] if domain else lab.domain not in names
    return holds


def unknown_critical(_, __, chain):
    return [name for name in chain.leaf.critical if name.startswith("unknown")] != []


def staple_status(chain, good, serial=None):
    """A fresh one, signed by the issuer."""
    answer, issuer = ocsp.load_der_ocsp_response(chain.staple), chain.path[1]
    assert answer.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    issuer.public_key.verify(answer.signature, answer.tbs_response_bytes,
                             ec.ECDSA(answer.signature_hash_algorithm))
    wanted = ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED
    is_ours = answer.serial_number == int.from_bytes(serial or chain.serial, "big")
    return answer.certificate_status == wanted and is_ours and \
        answer.this_update <= chain.now <= answer.next_update


def points_home(lab, _, chain):
    """To the laboratory's own revocation list and OCSP service."""
    host = f"[{lab.address}]" if ":" in lab.address else lab.address
    extensions, at = chain.leaf.parsed.extensions, f"http://{host}:{lab.port}"
    [point] = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    [access] = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return [name.value for name in point.full_name] == [f"{at}/crl"] and \
        access.access_method == AuthorityInformationAccessOID.OCSP and \
        access.access_location.value == f"{at}/ocsp"


def revoked_stapled(lab, host, chain):
    return points_home(lab, host, chain) and staple_status(chain, False)


def must_staple(_, __, chain):
    found = chain.leaf.parsed.extensions.get_extension_for_class(x509.TLSFeature)
    return list(found.value) == [x509.TLSFeatureType.status_request] and not found.critical


def must_staple_kept(lab, host, chain):
    return must_staple(lab, host, chain) and staple_status(chain, True)


def staple_of_another(_, __, chain):
    other = ocsp.load_der_ocsp_response(chain.staple).serial_number
    octets = other.to_bytes(20, "big")
    return other != int.from_bytes(chain.serial, "big") and staple_status(chain, True, octets)


def leaf_is_authority(_, __, chain):
    return chain.leaf.constraints[0] and "keyCertSign" in chain.leaf.usage


def foreign_key(_, __, chain):
    return chain.key.curve.name == chain.leaf.public_key.curve.name


HIDDEN = {"no path", "sent otherwise than the path goes"}
NAMES = {
    "right": Row((), plain),
    "wrong-host": Row({"host not named"}, wrong_host, 62),
    "common-name-only": Row(COMMON_NAME_ALONE, named_by_common_name(False)),
    "common-name-beside-names": Row({"host not named", "common name not among names"},
                                    lambda _, host, c: common_names(c) == [host], 62),
    "address": Row((), lambda _, host, c: [str(one) for one in c.leaf.addresses] == [host]
                   and not c.leaf.dns and not common_names(c)),
    "address-wrong": Row({"host not named"},
                         lambda _, host, c: len(c.leaf.addresses) == 1 and not c.leaf.dns, 64),
    "address-as-dns": Row({"host not named", "name b'127.0.0.1'"}, only_name("@"), 64),
    "address-as-common-name": Row(COMMON_NAME_ALONE, named_by_common_name(True), 64),
    "wildcard": Row((), only_name("*.%")),
    "wildcard-too-deep": Row({"host not named"}, only_name("*.%"), 62),
    "wildcard-for-nothing": Row({"host not named"}, only_name("*.@"), 62),
    "wildcard-bare": Row({"host not named", "name b'*'"}, only_name("*"), 62),
    "wildcard-partial": Row({"host not named", "name b'wild*.lab.localhost'"},
                            only_name("wild*.%")),
    "wildcard-inside": Row({"host not named", "name b'www.*.lab.localhost'"},
                           only_name("www.*.%"), 62),
    "mixed-case": Row((), only_name("MiXeD-CaSe.%")),
    "no-subject": Row({"no subject"}, no_subject),
    "internationalised": Row((), lambda lab, host, c: dns(c) == [host]
                             and host.encode().decode("idna") == f"münchen.{lab.domain}"),
    "internationalised-raw": Row({"host not named",
                                  f"name {'bücher.lab.localhost'.encode()!r}"}, raw_utf8, 62),
    "underscore": Row({"name b'under_score.lab.localhost'"},
                      lambda lab, host, c: dns(c) == [host, f"under_score.{lab.domain}"]),
    "trailing-dot": Row({"host not named", "name b'trailing-dot.lab.localhost.'"},
                        only_name("@."), 62),
    "nul": Row({"host not named", "name b'nul.lab.localhost\\x00.elsewhere.example'"}, nul, 62),
    "thousand-names": Row({"1000 names"}, thousand_names),
    "name-in-uri": Row({"host not named", "name of kind uri"},
                       lambda _, host, c: c.leaf.names == [("uri", f"https://{host}/".encode())],
                       62),
}
ASKED_ABOUT = {"extension crl", "extension access"}
LONG = {"life over 398", "life over 825"}
TIME = {
    "expired-yesterday": Row({"expired"}, ends(-DAY), 10),
    "expired-years-ago": Row({"expired"}, ends(-3 * 365 * DAY), 10),
    "not-yet-valid": Row({"not yet valid"},
                         lambda _, __, c: near(c.leaf.begins, c.now + 7 * DAY), 9),
    "expired-intermediate": Row({"intermediate expired"}, expired_intermediate, 10),
    "expired-root": Row({"root expired"}, expired_root, 10),
    "expired-anchor": Row(SELF_SIGNED | {"anchor", "expired"}, ends(-DAY), 10),
    "days-399": Row({"life over 398"}, ends(399 * DAY)),
    "days-826": Row(LONG, ends(826 * DAY)),
    "twenty-years": Row(LONG, ends(20 * 365 * DAY)),
    "beyond-2050": Row(LONG, ends_in(2051)),
    "beyond-2106": Row(LONG, lambda lab, host, c: ends_in(2107)(lab, host, c)
                       and (c.leaf.ends - datetime.datetime(1970, 1, 1)).total_seconds() > 2**32),
    "no-end": Row(LONG, lambda _, __, c: c.leaf.dates[1][1] == b"99991231235959Z"),
}
ISSUER = {
    "untrusted-root": Row({"no path"}, untrusted_root, 20),
    "self-signed": Row(SELF_SIGNED | {"no path"}, is_self_signed, 18),
    "anchor-bare": Row(SELF_SIGNED | {"anchor"}, anchor(None, None)),
    "anchor-key-usage": Row({"anchor", "no basicConstraints"}, anchor({"digitalSignature"}, None)),
    "anchor-no-authority": Row({"anchor", "no keyUsage"}, anchor(None, (False, None))),
    "anchor-authority": Row({"anchor", "no keyUsage", "leaf is authority"},
                            anchor(None, (True, None))),
    "anchor-cert-sign": Row({"anchor", "no basicConstraints", "keyUsage keyCertSign"},
                            anchor({"keyCertSign"}, None), 79),
    "anchor-version-1": Row(SELF_SIGNED | COMMON_NAME_ALONE |
                            {"anchor", "version 1", "no extendedKeyUsage"}, version_1, 79),
    "incomplete-chain": Row({"no path"}, incomplete, 20),
    "reversed-chain": Row({"sent otherwise than the path goes", "root sent"}, reversed_chain),
    "with-root": Row({"root sent"}, lambda lab, _, c: c.sent[-1].der == lab.root.der),
    "wrong-intermediate": Row(HIDDEN, wrong_intermediate, 20),
    "tampered": Row(HIDDEN, tampered, 7),
    "issuer-no-authority": Row({"issuer is no authority"}, no_authority, 79),
    "issuer-no-cert-sign": Row({"issuer may not sign"}, no_cert_sign, 79),
    "issuer-other-purpose": Row({"issuer for another purpose"}, other_purpose, 26),
    "path-too-long": Row({"path length exceeded"}, path_too_long, 25),
    "constraints-kept": Row({"name constraints"}, permitted(True)),
    "constraints-broken": Row({"name constraints", "name constraints broken by "
                               "constraints-broken.lab.localhost"}, permitted(False), 47),
    "constraints-broken-address": Row({"name constraints",
                                       "name constraints broken by 127.0.0.1"},
                                      permitted(True), 48),
    "unknown-critical": Row({"unknown critical"}, unknown_critical, 34),
    "revoked": Row(ASKED_ABOUT, points_home),
    "revoked-stapled": Row(ASKED_ABOUT | {"staple"}, revoked_stapled),
    "must-staple": Row(ASKED_ABOUT | {"extension feature", "staple"}, must_staple_kept),
    "must-staple-broken": Row({"extension feature"}, must_staple),
    "staple-of-another": Row(ASKED_ABOUT | {"staple"}, staple_of_another),
}
RSA_ISSUER = "issuer's key RSA 2048"
PURPOSE = {
    "no-purpose": Row({"no extendedKeyUsage"}),
    "client-purpose": Row({"extendedKeyUsage 1.3.6.1.5.5.7.3.2"}, openssl=26),
    "any-purpose": Row({"extendedKeyUsage 2.5.29.37.0"}, openssl=26),
    "no-key-usage": Row({"no keyUsage"}),
    "key-usage-wrong": Row({"keyUsage keyAgreement"}),
    "leaf-is-authority": Row({"leaf is authority", "keyUsage digitalSignature keyCertSign"},
                             leaf_is_authority),
    "sha-1": Row({"signature rsa-sha1", RSA_ISSUER}, openssl=68),
    "sha-1-intermediate": Row({"issuer's signature ecdsa-sha1"}, openssl=68),
    "md5": Row({"signature rsa-md5", RSA_ISSUER}, openssl=68),
    "rsa-1024": Row({"key RSA 1024"}, openssl=66),
    "rsa-2048": Row({"key RSA 2048"}),
    "rsa-4096": Row({"key RSA 4096"}),
    "rsa-exponent-3": Row({"key RSA 2048 exponent 3"}),
    "rsa-pss-key": Row({"key RSA-PSS 2048"}),
    "rsa-pss-signature": Row({"signature pss-sha256", RSA_ISSUER}),
    "p-256": Row({"signature rsa-sha256", RSA_ISSUER}),
    "p-384": Row({"key P-384"}),
    "sha-384": Row({"signature ecdsa-sha384"}),
    "ed25519": Row({"key Ed25519"}),
}
PROTOCOL = {
    "tls-1-2": Row((), plain),
    "tls-1-3": Row((), plain),
    "tls-1-0": Row((), plain),
    "name-unknown-fatal": Row((), plain),
    "name-unknown-warning": Row((), plain),
    "stalls": Row((), plain),
    "closes": Row((), plain),
    "changes": Row((), plain),
    "foreign-key": Row({"foreign key"}, foreign_key),
}
ROWS = {**NAMES, **TIME, **ISSUER, **PURPOSE, **PROTOCOL}
