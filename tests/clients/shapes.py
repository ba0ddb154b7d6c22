"""Certificates of any shape, also such as no library would make: DER written octet by octet.

Only the keys and their signatures are python3-cryptography's."""

import base64
import functools
import ipaddress
import itertools
from dataclasses import dataclass, field
from typing import Any, Optional

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from lib.certs import DER, PEM, days, now

# ---- DER (X.690)

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
PRINTABLE, UTF8, IA5, SEQUENCE, SET = 0x13, 0x0c, 0x16, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
BOOLEAN, ENUMERATED = 0x01, 0x0a


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(value):
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    octets = b""
    for arc in [first * 40 + second, *rest]:
        piece = [arc & 0x7f]
        while arc := arc >> 7:
            piece.append(0x80 | arc & 0x7f)
        octets += bytes(reversed(piece))
    return tlv(OID, octets)


def bits(*numbers):
    """A named bit list (X.690, 11.2.2)."""
    if not numbers:
        return tlv(BIT_STRING, b"\0")
    octets = bytearray(max(numbers) // 8 + 1)
    for number in numbers:
        octets[number // 8] |= 0x80 >> number % 8
    return tlv(BIT_STRING, bytes([7 - max(numbers) % 8]), bytes(octets))


def time(moment):
    """Octets are taken as they are."""
    if isinstance(moment, bytes):
        return moment
    if moment.year < 2050:
        return tlv(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(GENERALIZED_TIME, f"{moment.year:04}{moment:%m%d%H%M%S}Z".encode())


def name_part(number, text, tag=UTF8):
    return tlv(SET, tlv(SEQUENCE, oid(number), tlv(tag, text.encode())))


def common_name(text, tag=UTF8):
    return name_part("2.5.4.3", text, tag)


def name(subject):
    """Of a common name; octets are taken as they are."""
    if isinstance(subject, bytes):
        return subject
    return tlv(SEQUENCE, common_name(subject)) if subject else tlv(SEQUENCE)


# ---- extensions: (OID, critical, value)

def general_name(text):
    """"192.0.2.1", "dns:192.0.2.1" (an address as a name), "email:a@b", "uri:…", "dir:CN", a name."""
    kind, _, rest = text.partition(":")
    if kind == "dns":
        return tlv(0x82, rest.encode())
    if kind == "email":
        return tlv(0x81, rest.encode())
    if kind == "uri":
        return tlv(0x86, rest.encode())
    if kind == "dir":
        return tlv(0xa4, name(rest))
    if kind == "hex":  # an iPAddress of any octets
        return tlv(0x87, bytes.fromhex(rest))
    try:
        return tlv(0x87, ipaddress.ip_address(text).packed)
    except ValueError:
        return tlv(0x82, text.encode())


def names(*texts, critical=False):
    return "2.5.29.17", critical, tlv(SEQUENCE, *map(general_name, texts))


def constraints(authority, length=None, critical=True):
    parts = [tlv(BOOLEAN, b"\xff")] if authority else []
    return "2.5.29.19", critical, tlv(SEQUENCE, *parts,
                                      *([integer(length)] if length is not None else []))


DIGITAL_SIGNATURE, NON_REPUDIATION, KEY_ENCIPHERMENT, _, KEY_AGREEMENT, CERT_SIGN, CRL_SIGN = range(7)


def usage(*numbers, critical=True):
    return "2.5.29.15", critical, bits(*numbers)


SERVER, CLIENT, EMAIL, OCSP_SIGNING = (f"1.3.6.1.5.5.7.3.{n}" for n in (1, 2, 4, 9))
ANY_PURPOSE, STEP_UP, PRIVATE_PURPOSE = "2.5.29.37.0", "2.16.840.1.113730.4.1", "1.3.6.1.4.1.5555.1"


def purposes(*texts, critical=False):
    return "2.5.29.37", critical, tlv(SEQUENCE, *map(oid, texts))


def subject_key(identifier):
    return "2.5.29.14", False, tlv(OCTET_STRING, identifier)


def issuer_key(identifier, serial=None, issuer=None):
    parts = [tlv(0x80, identifier)] if identifier else []
    if serial is not None:
        parts += [tlv(0xa1, tlv(0xa4, name(issuer))),
                  tlv(0x82, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))]
    return "2.5.29.35", False, tlv(SEQUENCE, *parts)


def subtrees(tag, texts):
    def base(text):
        if "/" in text:
            network = ipaddress.ip_network(text)
            return tlv(0x87, network.network_address.packed, network.netmask.packed)
        return general_name(text if ":" in text else f"dns:{text}")
    return tlv(tag, *(tlv(SEQUENCE, base(text)) for text in texts)) if texts else b""


def permits(*permitted, excluded=(), critical=True):
    return "2.5.29.30", critical, tlv(SEQUENCE, subtrees(0xa0, permitted), subtrees(0xa1, excluded))


MUST_STAPLE = ("1.3.6.1.5.5.7.1.24", False, tlv(SEQUENCE, integer(5)))


def policies(*texts, critical=False):
    return "2.5.29.32", critical, tlv(SEQUENCE, *(tlv(SEQUENCE, oid(text)) for text in texts))


def policy_constraints(skip, critical=True):
    return "2.5.29.36", critical, tlv(SEQUENCE, tlv(0x80, bytes([skip])))


def unknown(critical, number="1.3.6.1.4.1.5555.2"):
    return number, critical, tlv(UTF8, b"something")


def extension(number, critical, value):
    return tlv(SEQUENCE, oid(number), tlv(BOOLEAN, b"\xff") if critical else b"",
               tlv(OCTET_STRING, value))


# ---- keys

@functools.cache
def key(kind="p256", number=0):
    """Made once for each kind and number."""
    curves = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1,
              "p224": ec.SECP224R1, "k256": ec.SECP256K1, "brainpool": ec.BrainpoolP256R1}
    if kind in curves:
        return ec.generate_private_key(curves[kind]())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa").removesuffix("pss")))


HASHES = {"sha1": (hashes.SHA1, "1.3.14.3.2.26"), "sha224": (hashes.SHA224, "2.16.840.1.101.3.4.2.4"),
          "sha256": (hashes.SHA256, "2.16.840.1.101.3.4.2.1"),
          "sha384": (hashes.SHA384, "2.16.840.1.101.3.4.2.2"),
          "sha512": (hashes.SHA512, "2.16.840.1.101.3.4.2.3"),
          "md5": (hashes.MD5, "1.2.840.113549.2.5")}
RSA_OIDS = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13, "sha224": 14}
ECDSA_OIDS = {"sha1": "1", "sha224": "3.1", "sha256": "3.2", "sha384": "3.3", "sha512": "3.4"}


def pss_parameters(digest, salt):
    algorithm = tlv(SEQUENCE, oid(HASHES[digest][1]), tlv(NULL))
    mask = tlv(SEQUENCE, oid("1.2.840.113549.1.1.8"), algorithm)
    return tlv(SEQUENCE, tlv(0xa0, algorithm), tlv(0xa1, mask), tlv(0xa2, integer(salt)))


def algorithm_of(signer, digest, pss, salt):
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return tlv(SEQUENCE, oid("1.3.101.112"))
    if isinstance(signer, ed448.Ed448PrivateKey):
        return tlv(SEQUENCE, oid("1.3.101.113"))
    if isinstance(signer, ec.EllipticCurvePrivateKey):
        branch = "1.2.840.10045.4." + ECDSA_OIDS[digest]
        return tlv(SEQUENCE, oid(branch))
    if pss:
        return tlv(SEQUENCE, oid("1.2.840.113549.1.1.10"), pss_parameters(digest, salt))
    return tlv(SEQUENCE, oid(f"1.2.840.113549.1.1.{RSA_OIDS[digest]}"), tlv(NULL))


def signature_of(signer, digest, pss, salt, data):
    if isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return signer.sign(data)
    algorithm = HASHES[digest][0]()
    if isinstance(signer, ec.EllipticCurvePrivateKey):
        return signer.sign(data, ec.ECDSA(algorithm))
    if pss:
        return signer.sign(data, padding.PSS(padding.MGF1(algorithm), salt), algorithm)
    return signer.sign(data, padding.PKCS1v15(), algorithm)


def public_key_of(private, pss_key):
    info = private.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not pss_key:
        return info
    # rsaEncryption with NULL becomes id-RSASSA-PSS without parameters (RFC 4055, 3.1).
    plain = private.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
    return tlv(SEQUENCE, tlv(SEQUENCE, oid("1.2.840.113549.1.1.10")), tlv(BIT_STRING, b"\0", plain))


# ---- certificates

_serials = itertools.count(0x4d00000000000001)
LEAF_EXTENSIONS = (constraints(False), usage(DIGITAL_SIGNATURE), purposes(SERVER))
AUTHORITY_EXTENSIONS = (constraints(True), usage(CERT_SIGN, CRL_SIGN))


@dataclass(frozen=True)
class Shape:
    """A certificate with its key. `identifiers`: whether it has the usual SKI and AKI."""

    subject: str
    issuer: Optional["Shape"] = None  # None: self-signed
    extensions: tuple = ()
    key: Any = field(default_factory=key)
    begins: Any = field(default_factory=lambda: now() - days(1))
    ends: Any = field(default_factory=lambda: now() + days(100))
    version: int = 3
    serial: int = field(default_factory=lambda: next(_serials))
    digest: str = "sha256"
    pss: bool = False  # signed with RSASSA-PSS
    salt: int = 32
    pss_key: bool = False
    identifiers: bool = True
    signer: Any = None        # a key in place of the issuer's: what comes of it did not sign
    issuer_name: Optional[str] = None

    @functools.cached_property
    def identifier(self):
        digest = hashes.Hash(hashes.SHA1())
        digest.update(self.key.public_key().public_bytes(
            DER, serialization.PublicFormat.SubjectPublicKeyInfo))
        return digest.finalize()

    @functools.cached_property
    def der(self):
        issuer = self.issuer or self
        signer = self.signer or issuer.key
        algorithm = algorithm_of(signer, self.digest, self.pss, self.salt)
        present = {number for number, _, _ in self.extensions}
        own = [one for one in (subject_key(self.identifier), issuer_key(issuer.identifier))
               if self.identifiers and one[0] not in present]
        extensions = [extension(*one) for one in (*self.extensions, *own)]
        body = tlv(
            SEQUENCE,
            tlv(0xa0, integer(self.version - 1)) if self.version > 1 else b"",
            integer(self.serial), algorithm, name(self.issuer_name or issuer.subject),
            tlv(SEQUENCE, time(self.begins), time(self.ends)), name(self.subject),
            public_key_of(self.key, self.pss_key),
            tlv(0xa3, tlv(SEQUENCE, *extensions)) if self.version > 2 and extensions else b"")
        signature = signature_of(signer, self.digest, self.pss, self.salt, body)
        return tlv(SEQUENCE, body, algorithm, tlv(BIT_STRING, b"\0", signature))

    @property
    def key_pem(self):
        if self.pss_key:
            plain = self.key.private_bytes(DER, serialization.PrivateFormat.TraditionalOpenSSL,
                                           serialization.NoEncryption())
            info = tlv(SEQUENCE, integer(0), tlv(SEQUENCE, oid("1.2.840.113549.1.1.10")),
                       tlv(OCTET_STRING, plain))
            return b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(info) + \
                b"-----END PRIVATE KEY-----\n"
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())


def authority(subject, issuer=None, more=(), **how):
    """As an authority should be; `more` replaces extensions of the same kind."""
    how.setdefault("ends", now() + days(3000))
    how.setdefault("extensions", replaced(AUTHORITY_EXTENSIONS, more))
    return Shape(subject, issuer, key=how.pop("key", None) or new_key(), **how)


def leaf(subject, issuer, *more, **how):
    """As a leaf should be, for that name; octets are a subject without one."""
    own = () if isinstance(subject, bytes) else (names(subject),)
    how.setdefault("extensions", replaced((*LEAF_EXTENSIONS, *own), more))
    return Shape(subject, issuer, key=how.pop("key", None) or new_key(), **how)


def alone(subject, *more, **how):
    """Self-signed, as `mailstorectl create` makes it."""
    how.setdefault("extensions", replaced((purposes(SERVER), names(subject)), more))
    return Shape(subject, key=how.pop("key", None) or new_key(), **how)


def replaced(usual, more):
    """(None, OID) takes one out."""
    dropped = {one[0] if len(one) == 3 else one[1] for one in more}
    return tuple(one for one in usual if one[0] not in dropped) + \
        tuple(one for one in more if len(one) == 3)


def without(number):
    return None, number


NAMES, BASIC, USAGE, PURPOSES = "2.5.29.17", "2.5.29.19", "2.5.29.15", "2.5.29.37"
_numbers = itertools.count(1)


def new_key(kind="p256"):
    """Nobody else's; those of RSA, which take long to make, are not the last one's."""
    number = next(_numbers)
    return key(kind, number % 2 if kind.startswith("rsa") else number)
