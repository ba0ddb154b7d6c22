"""Certificates read octet by octet, also those that a library refuses or reads its own way: a NUL
or UTF-8 within a name, version 1, an empty subject."""

import datetime
import functools
import ipaddress

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

SEQUENCE, INTEGER, BIT_STRING, OCTETS, OID, BOOLEAN = 0x30, 0x02, 0x03, 0x04, 0x06, 0x01
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18

# What extensions are called here. All others are unknown.
EXTENSIONS = {
    "2.5.29.14": "subject-key", "2.5.29.15": "usage", "2.5.29.17": "names",
    "2.5.29.19": "constraints", "2.5.29.30": "name-constraints", "2.5.29.31": "crl",
    "2.5.29.35": "authority-key", "2.5.29.37": "purposes", "1.3.6.1.5.5.7.1.1": "access",
    "1.3.6.1.5.5.7.1.24": "feature",
}
SIGNATURES = {
    "1.2.840.10045.4.1": "ecdsa-sha1", "1.2.840.10045.4.3.2": "ecdsa-sha256",
    "1.2.840.10045.4.3.3": "ecdsa-sha384", "1.2.840.113549.1.1.4": "rsa-md5",
    "1.2.840.113549.1.1.5": "rsa-sha1", "1.2.840.113549.1.1.10": "pss-sha256",
    "1.2.840.113549.1.1.11": "rsa-sha256",
}
HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384}
USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
          "keyAgreement", "keyCertSign", "cRLSign"]


def elements(data):
    """[(tag, content, whole)] of what stands one after the other. Lengths must be DER's."""
    found, at = [], 0
    while at < len(data):
        tag, length, head = data[at], data[at + 1], 2
        if length & 0x80:
            head = 2 + (length & 0x7f)
            length = int.from_bytes(data[at + 2:at + head], "big")
            assert length >= 0x80 and data[at + 2] != 0, "a length that is not DER"
        whole = data[at:at + head + length]
        assert len(whole) == head + length, "cut short"
        found.append((tag, whole[head:], whole))
        at += head + length
    return found


def oid_text(content):
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7f
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first] + arcs[1:]))


def moment(tag, content):
    text = content.decode("ascii")
    if tag == UTC_TIME:
        text = ("19" if text >= "5" else "20") + text
    else:
        assert tag == GENERALIZED_TIME
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ")


class Certificate:
    """One, taken apart; `parsed` is what `cryptography` makes of it."""

    def __init__(self, der):
        self.der = der
        [(_, outer, whole)] = elements(der)
        assert whole == der
        (_, body, self.signed), (_, algorithm, _), (_, bits, _) = elements(outer)
        self.signature = bits[1:]
        self.algorithm_oid = oid_text(elements(algorithm)[0][1])
        fields = elements(body)
        self.version = 1
        if fields[0][0] == 0xa0:
            self.version = elements(fields.pop(0)[1])[0][1][0] + 1
        (_, serial, _), (_, inner, _), (_, _, self.issuer), (_, dates, _), (_, _, self.subject), \
            (_, _, self.spki) = fields[:6]
        assert inner == algorithm, "two words about the algorithm"
        self.serial = serial
        self.dates = elements(dates)
        self.begins, self.ends = (moment(tag, content) for tag, content, _ in self.dates)
        self.critical, self.extensions = set(), {}
        for tag, content, _ in fields[6:]:
            assert tag == 0xa3
            self._read_extensions(elements(elements(content)[0][1]))

    def _read_extensions(self, found):
        for _, content, _ in found:
            parts = elements(content)
            oid = oid_text(parts[0][1])
            name = EXTENSIONS.get(oid, f"unknown {oid}")
            assert name not in self.extensions, "an extension twice"
            self.extensions[name] = parts[-1][1]
            if parts[1][0] == BOOLEAN:
                assert parts[1][1] == b"\xff"
                self.critical.add(name)

    @functools.cached_property
    def parsed(self):
        return x509.load_der_x509_certificate(self.der)

    @functools.cached_property
    def public_key(self):
        return serialization.load_der_public_key(self.spki)

    @property
    def key_oid(self):
        return oid_text(elements(elements(elements(self.spki)[0][1])[0][1])[0][1])

    @property
    def is_self_issued(self):
        return self.subject == self.issuer

    @property
    def common_names(self):
        """Of the subject, as octets."""
        found = []
        for _, rdn, _ in elements(elements(self.subject)[0][1]):
            for _, attribute, _ in elements(rdn):
                (_, oid, _), (_, value, _) = elements(attribute)
                if oid_text(oid) == "2.5.4.3":
                    found.append(value)
        return found

    @property
    def names(self):
        """[(kind, octets)] of the alternative names."""
        if "names" not in self.extensions:
            return []
        kinds = {0x81: "email", 0x82: "dns", 0x86: "uri", 0x87: "ip"}
        return [(kinds[tag], content)
                for tag, content, _ in elements(elements(self.extensions["names"])[0][1])]

    @property
    def dns(self):
        return [name for kind, name in self.names if kind == "dns"]

    @property
    def addresses(self):
        return [ipaddress.ip_address(octets) for kind, octets in self.names if kind == "ip"]

    @property
    def constraints(self):
        """None, or (is it an authority, its path length or None)."""
        if "constraints" not in self.extensions:
            return None
        parts = elements(elements(self.extensions["constraints"])[0][1])
        length = [int.from_bytes(content, "big") for tag, content, _ in parts if tag == INTEGER]
        return any(tag == BOOLEAN for tag, _, _ in parts), length[0] if length else None

    @property
    def usage(self):
        """None, or the set of what the key may do."""
        if "usage" not in self.extensions:
            return None
        bits = elements(self.extensions["usage"])[0][1][1:]
        return {word for i, word in enumerate(USAGES) if bits[0] & 0x80 >> i}

    @property
    def purposes(self):
        """None, or the identifiers."""
        if "purposes" not in self.extensions:
            return None
        return [oid_text(content) for _, content, _ in
                elements(elements(self.extensions["purposes"])[0][1])]

    @property
    def subject_key(self):
        if "subject-key" in self.extensions:
            return elements(self.extensions["subject-key"])[0][1]
        return None

    @property
    def authority_key(self):
        if "authority-key" not in self.extensions:
            return None
        parts = elements(elements(self.extensions["authority-key"])[0][1])
        return {tag: content for tag, content, _ in parts}.get(0x80)

    @property
    def algorithm(self):
        return SIGNATURES[self.algorithm_oid]

    def is_signed_by(self, issuer):
        """By that key, whatever else is wrong with either?"""
        kind, hash_word = self.algorithm.split("-")
        digest, key = HASHES[hash_word](), issuer.public_key
        if (kind == "ecdsa") != isinstance(key, ec.EllipticCurvePublicKey):
            return False
        try:
            if kind == "ecdsa":
                key.verify(self.signature, self.signed, ec.ECDSA(digest))
            elif kind == "rsa":
                key.verify(self.signature, self.signed, padding.PKCS1v15(), digest)
            else:
                pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
                key.verify(self.signature, self.signed, pss, digest)
        except InvalidSignature:
            return False
        return True
