"""The laboratory's certificates as lab_print writes them, and everything about a chain in which it
is not what a plain one is: so that each scenario can be held to the one thing it says."""

import datetime
import functools
import ipaddress
import json
import pathlib
import re
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lib.daemon import BUILD
from lib.x509 import Certificate

PRINT = pathlib.Path(BUILD) / "tests" / "lab_print"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
DNS_NAME = re.compile(rb"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9]*", re.I)


class Chain:
    """What one connection of a scenario gets."""

    def __init__(self, folder, turn, anchors, now):
        read = [(folder / f"{i}.der").read_bytes() for i in range(turn["count"])]
        self.folder = folder
        self.sent = [Certificate(der) for der in read]
        self.leaf = self.sent[0]
        self.key = serialization.load_der_private_key((folder / "key.der").read_bytes(), None)
        self.staple = (folder / "staple.der").read_bytes()
        self.serial = bytes.fromhex(turn["serial"])
        self.is_anchor = turn["is_anchor"]
        self.anchors = anchors + ([self.leaf] if self.is_anchor else [])
        self.now = now

    @functools.cached_property
    def path(self):
        """From the leaf to an anchor, through what is sent, by names and signatures; the last is
        None if it leads nowhere."""
        path = [self.leaf]
        while path[-1] not in self.anchors:
            issuers = [other for other in self.anchors + self.sent[1:]
                       if other.subject == path[-1].issuer and path[-1].is_signed_by(other)
                       and other.der not in [one.der for one in path]]
            path.append(issuers[0] if issuers else None)
            if not issuers:
                break
        return path


class Laboratory:
    """All scenarios, made once."""

    def __init__(self, folder, domain="lab.localhost", address="127.0.0.1", port=8080):
        self.folder = folder / "laboratory"
        ran = subprocess.run([PRINT, self.folder, domain, address, str(port)], check=False,
                             capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        index = json.loads((self.folder / "index.json").read_text())
        self.now = datetime.datetime.utcfromtimestamp(index["now"])
        self.root, self.expired_root, self.stranger, self.unseen = (
            Certificate((self.folder / f"{name}.der").read_bytes())
            for name in ("root", "expired-root", "stranger", "unseen"))
        self.scenarios = {row["name"]: row for row in index["scenarios"]}
        self.domain, self.address, self.port = domain, address, port
        self._chains = {}

    def host(self, name):
        return self.scenarios[name]["host"]

    def chains(self, name):
        """One for each certificate that the scenario changes between."""
        if name not in self._chains:
            self._chains[name] = [
                Chain(self.folder / name / str(number), turn, [self.root, self.expired_root],
                      self.now)
                for number, turn in enumerate(self.scenarios[name]["turns"])]
        return self._chains[name]


def key_word(certificate):
    key = certificate.public_key
    if certificate.key_oid == "1.2.840.113549.1.1.10":
        return f"RSA-PSS {key.key_size}"
    if isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        return f"RSA {key.key_size}" + (f" exponent {exponent}" if exponent != 65537 else "")
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "P-256", "secp384r1": "P-384"}[key.curve.name]
    assert isinstance(key, ed25519.Ed25519PublicKey)
    return "Ed25519"


def covers(pattern, host):
    """RFC 9525, section 6.3, for octets of a dNSName."""
    if not DNS_NAME.fullmatch(pattern):
        return False
    pattern, host = pattern.decode().lower().split("."), host.split(".")
    return len(pattern) == len(host) and pattern[1:] == host[1:] and pattern[0] in ("*", host[0])


def names_lint(leaf, host):
    if not leaf.names:
        yield "no names"
    for kind, name in leaf.names:
        if kind == "dns" and not DNS_NAME.fullmatch(name):
            yield f"name {name!r}"
        if kind not in ("dns", "ip"):
            yield f"name of kind {kind}"
    try:
        covered = ipaddress.ip_address(host) in leaf.addresses
    except ValueError:
        covered = any(covers(name, host) for name in leaf.dns)
    if not covered:
        yield "host not named"
    if len(leaf.names) > 100:
        yield f"{len(leaf.names)} names"
    as_dns = [name.lower() for name in leaf.dns]
    if any(name.lower() not in as_dns for name in leaf.common_names):
        yield "common name not among names"
    if len(leaf.subject) == 2:
        yield "no subject"
    if ("names" in leaf.critical) != (len(leaf.subject) == 2):
        yield "names critical or not"


def dates_lint(chain, path):
    leaf, life = chain.leaf, chain.leaf.ends - chain.leaf.begins
    if chain.now < leaf.begins:
        yield "not yet valid"
    if chain.now > leaf.ends:
        yield "expired"
    for days in (398, 825):
        if life > datetime.timedelta(days=days):
            yield f"life over {days}"
    for upper in path[1:]:
        if upper and not upper.begins <= chain.now <= upper.ends:
            yield "root expired" if upper is path[-1] else "intermediate expired"
    for certificate in chain.sent:
        for tag, content, _ in certificate.dates:  # RFC 5280, section 4.1.2.5
            early = content.startswith(b"20") and content < b"2050" and len(content) == 15
            if tag == 0x18 and early:
                yield "GeneralizedTime before 2050"


def leaf_lint(leaf):
    if leaf.version != 3:
        yield f"version {leaf.version}"
    if not leaf.serial or leaf.serial[0] & 0x80 or len(leaf.serial) > 20:
        yield "serial number"
    for name in leaf.extensions:
        if name.startswith("unknown"):
            yield "unknown critical" if name in leaf.critical else "unknown"
    if leaf.constraints is None:
        yield "no basicConstraints"
    elif leaf.constraints[0]:
        yield "leaf is authority"
    if leaf.usage is None:
        yield "no keyUsage"
    else:
        usual = {"digitalSignature"}
        if key_word(leaf).startswith("RSA ") and "keyEncipherment" in leaf.usage:
            usual.add("keyEncipherment")
        if leaf.usage != usual:
            yield f"keyUsage {' '.join(sorted(leaf.usage))}"
    if leaf.purposes is None:
        yield "no extendedKeyUsage"
    elif leaf.purposes != [SERVER_AUTH]:
        yield f"extendedKeyUsage {' '.join(leaf.purposes)}"
    if key_word(leaf) != "P-256":
        yield f"key {key_word(leaf)}"
    if leaf.algorithm != "ecdsa-sha256":
        yield f"signature {leaf.algorithm}"
    if leaf.version == 3 and leaf.subject_key is None:
        yield "no subjectKeyIdentifier"
    for name in leaf.critical - {"constraints", "usage", "names"}:
        if not name.startswith("unknown"):
            yield f"critical {name}"
    for name in ("crl", "access", "feature"):
        if name in leaf.extensions:
            yield f"extension {name}"


def constraints_lint(authority, leaf):
    """RFC 5280, section 4.2.1.10."""
    found = authority.parsed.extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    permitted, excluded = found.value.permitted_subtrees or [], found.value.excluded_subtrees or []
    domains = [base.value for base in permitted if isinstance(base, x509.DNSName)]
    networks = [base.value for base in excluded if isinstance(base, x509.IPAddress)]
    for name in (name.decode() for name in leaf.dns):
        if not any(name == domain or name.endswith("." + domain) for domain in domains):
            yield f"name constraints broken by {name}"
    for address in leaf.addresses:
        if any(address in network for network in networks):
            yield f"name constraints broken by {address}"


def issuers_lint(path):
    for depth, issuer in enumerate(path[1:], 1):
        if issuer is None:
            yield "no path"
            return
        if issuer.version != 3 or not issuer.constraints or not issuer.constraints[0]:
            yield "issuer is no authority"
        elif issuer.constraints[1] is not None and issuer.constraints[1] < depth - 1:
            yield "path length exceeded"
        # One that is no authority has none: RFC 5280, section 4.2.1.9 forbids keyCertSign there,
        # and without it there would be two reasons to refuse.
        if issuer.usage is None and issuer.constraints != (False, None):
            yield "issuer without keyUsage"
        if issuer.usage is not None and "keyCertSign" not in issuer.usage:
            yield "issuer may not sign"
        if issuer.purposes is not None and SERVER_AUTH not in issuer.purposes:
            yield "issuer for another purpose"
        if "name-constraints" in issuer.extensions:
            yield "name constraints"
            yield from constraints_lint(issuer, path[0])
        if issuer is not path[-1] and issuer.algorithm != "ecdsa-sha256":
            yield f"issuer's signature {issuer.algorithm}"
        if key_word(issuer) != "P-256":
            yield f"issuer's key {key_word(issuer)}"
        if issuer.subject_key is None or path[depth - 1].authority_key != issuer.subject_key:
            yield "key identifiers differ"


def chain_lint(chain, path):
    sent = [certificate.der for certificate in chain.sent]
    leads = [certificate.der for certificate in path if certificate]
    if chain.is_anchor:
        yield "anchor"
    if not chain.leaf.is_signed_by(chain.leaf) and chain.leaf.is_self_issued:
        yield "self-issued, not self-signed"
    if sent != leads[:len(sent)] or (path[-1] and len(leads) > len(sent) + 1):
        yield "sent otherwise than the path goes"
    if not chain.is_anchor and any(der in sent for der in [a.der for a in chain.anchors]):
        yield "root sent"
    if len(set(sent)) != len(sent):
        yield "sent twice"
    public = chain.key.public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    if public.public_bytes(serialization.Encoding.DER, form) != chain.leaf.public_key.public_bytes(
            serialization.Encoding.DER, form):
        yield "foreign key"
    if chain.staple:
        yield "staple"


def lint(chain, host):
    """Everything in which the chain is not the plain one, as a set of words."""
    path = chain.path
    return {*names_lint(chain.leaf, host), *dates_lint(chain, path), *leaf_lint(chain.leaf),
            *issuers_lint(path), *chain_lint(chain, path)}
