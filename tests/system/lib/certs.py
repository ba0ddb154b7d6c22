"""Certificates of every kind an administrator may drop into the store."""

import datetime
import functools
import ipaddress
import os
import pathlib
from dataclasses import dataclass
from typing import Any, Optional

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def days(number):
    return datetime.timedelta(days=number)


def now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def new_key(kind):
    if kind == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "ecdsa-p384":
        return ec.generate_private_key(ec.SECP384R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return spare_rsa_key(int(kind.removeprefix("rsa-")) if kind != "rsa" else 2048)


# RSA keys take long to make. A few are made once and handed out in turn.
_rsa_keys = {}


def spare_rsa_key(bits):
    keys, turn = _rsa_keys.setdefault(bits, ([], [0]))
    if len(keys) < 3:
        keys.append(rsa.generate_private_key(public_exponent=65537, key_size=bits))
        return keys[-1]
    turn[0] += 1
    return keys[turn[0] % len(keys)]


def authority_key_identifier(issuer, key):
    """The issuer's own word for its key, which need not be the usual hash."""
    if issuer:
        own = issuer.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def general_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def replace_file(path, data, mode=0o600):
    """Appears whole, by rename, as careful programs do it."""
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
    os.replace(temporary, path)


def write_in_place(path, data, mode=0o600):
    """Truncated and written again, as editors and `cp` do it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)


@dataclass(frozen=True)
class Certificate:
    x509: Any
    key: Any
    issuer: Optional["Certificate"] = None  # None: self-signed

    @functools.cached_property
    def der(self):
        return self.x509.public_bytes(DER)

    @property
    def pem(self):
        return self.x509.public_bytes(PEM)

    @property
    def chain_pem(self):
        """As it is served: itself, then its issuer."""
        return self.pem + (self.issuer.pem if self.issuer else b"")

    @property
    def anchor_der(self):
        return self.issuer.der if self.issuer else self.der

    @property
    def anchor_pem(self):
        return self.issuer.pem if self.issuer else self.pem

    def key_bytes(self, encoding=PEM, form=serialization.PrivateFormat.PKCS8, password=None):
        how = (serialization.BestAvailableEncryption(password.encode()) if password
               else serialization.NoEncryption())
        return self.key.private_bytes(encoding, form, how)

    @property
    def key_pem(self):
        return self.key_bytes()

    @property
    def both_pem(self):
        return self.chain_pem + self.key_pem

    def pfx(self, password=None, friendly_name=b"ours"):
        how = (serialization.BestAvailableEncryption(password.encode()) if password
               else serialization.NoEncryption())
        return pkcs12.serialize_key_and_certificates(
            friendly_name, self.key, self.x509, [self.issuer.x509] if self.issuer else None, how)

    def put(self, store, name):
        """The commonest form: NAME.pem, chain and key together, by rename."""
        replace_file(pathlib.Path(store) / f"{name}.pem", self.both_pem)
        return self

    def staple(self, status="good", signer=None, responder=None, this_update=None,
               next_update=None, about=None):
        """An OCSP response, DER. `signer`: whose key signs, else the issuer's."""
        signer = signer or self.issuer
        about = about or self
        this_update = this_update or now() - days(1)
        next_update = next_update or now() + days(3)
        good = ocsp.OCSPCertStatus.GOOD if status == "good" else ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=about.x509, issuer=about.issuer.x509, algorithm=hashes.SHA1(), cert_status=good,
            this_update=this_update, next_update=next_update,
            revocation_time=None if status == "good" else now() - days(1), revocation_reason=None)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.x509)
        if responder:  # a delegated one sends its certificate along
            builder = builder.certificates([responder.x509])
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(DER)


class CertificateFactory:
    def __init__(self):
        self._authorities = {}

    def make(self, *names, common_name=None, key="ecdsa", issuer=None, begins=None, ends=None,
             authority=False, server=True, ocsp_signing=False, san=True):
        """Names are DNS names or addresses; the first is the common name unless told otherwise.
        Without an issuer it is self-signed, in the shape every client accepts."""
        private = new_key(key) if isinstance(key, str) else key
        subject = x509.Name([x509.NameAttribute(
            NameOID.COMMON_NAME, common_name or (names[0] if names else "nobody"))])
        public = private.public_key()
        builder = (x509.CertificateBuilder()
                   .subject_name(subject)
                   .issuer_name(issuer.x509.subject if issuer else subject)
                   .public_key(public)
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(begins or now() - days(1))
                   .not_valid_after(ends or now() + days(365)))
        if names and san:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([general_name(name) for name in names]), False)
        if authority:
            builder = builder.add_extension(x509.BasicConstraints(True, 0), True)
            builder = builder.add_extension(x509.KeyUsage(
                digital_signature=False, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
                encipher_only=False, decipher_only=False), True)
        elif issuer:
            builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        usages = [ExtendedKeyUsageOID.SERVER_AUTH] * server + \
            [ExtendedKeyUsageOID.OCSP_SIGNING] * ocsp_signing
        if usages and not authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        signer = issuer.key if issuer else private
        builder = builder.add_extension(authority_key_identifier(issuer, private), False)
        algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        return Certificate(builder.sign(signer, algorithm), private, issuer)

    def authority(self, name="Test Authority", key="ecdsa"):
        """One per name and key type, kept."""
        kept = self._authorities
        if (name, key) not in kept:
            kept[name, key] = self.make(common_name=name, key=key, authority=True, server=False,
                                        ends=now() + days(3650))
        return kept[name, key]

    def leaf(self, *names, authority="Test Authority", **how):
        """Issued by an authority, as a real one would be."""
        return self.make(*names, issuer=self.authority(authority), **how)

    def expired(self, *names, **how):
        return self.make(*names, begins=now() - days(60), ends=now() - days(30), **how)

    def newer(self, *names, by_hours=1, **how):
        """One whose notBefore is later than that of make()'s."""
        return self.make(*names, begins=now() - days(1) + datetime.timedelta(hours=by_hours),
                         **how)
