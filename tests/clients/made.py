"""What the tool makes for these tests, and what it hands out of it.

`MADE` names them. Each is a folder with state/ (as the daemon has it, store and authority), and
with what `export` wrote: anchor.cer (DER), anchor.pem, server.pem (the certificate alone), p7b;
chain.pem is server.pem and what issued it."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lib.certs import Certificate, CertificateFactory
from lib.daemon import MAILSTORECTL
from visit.client import NO_ISSUER, SELF_SIGNED
from visit.command_line import run

HOST, ADDRESS = "archive.example.org", "127.0.0.1"
FRIENDLY_NAME = "Archive of Example"


def tool(state, *words):
    """mailstorectl on this state folder; asserts that it did what it was asked to."""
    done = run([MAILSTORECTL, "--state", state, *words])
    assert done.returncode == 0, \
        f"mailstorectl {words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Made:
    folder: Path
    name: str

    @property
    def store(self):
        return self.folder / "state" / "certs"

    @property
    def authority(self):
        return self.folder / "state" / "authority" / "authority.pem"

    @property
    def anchor(self):
        return (self.folder / "anchor.cer").read_bytes()

    @property
    def is_issued(self):
        return self.name.startswith("issued")

    @property
    def unknown(self):
        """Why a client refuses it that trusts somebody else."""
        return NO_ISSUER if self.is_issued else SELF_SIGNED

    @property
    def host(self):
        """What clients call it."""
        return "mailstoreserver" if self.name == "classic" else HOST

    @property
    def entry(self):
        return "MailStoreServer" if self.name == "classic" else HOST

    def file(self, name):
        return self.folder / name

    @property
    def chain(self):
        """The chain as it is served, PEM."""
        return self.file("chain.pem")


def hand_out(folder, entry):
    for name, *form in (["anchor.cer"], ["anchor.pem", "--format", "pem"],
                        ["server.pem", "--format", "pem", "--leaf"], ["p7b", "--format", "p7b"]):
        tool(folder / "state", "export", entry, "--output", folder / name, *form)
    chain = [(folder / name).read_text() for name in ("server.pem", "anchor.pem")]
    (folder / "chain.pem").write_text("".join(dict.fromkeys(chain)))  # one that is both, once


def self_signed(key):
    def make(folder):
        tool(folder / "state", "create", HOST, "--address", ADDRESS, "--key", key,
             "--friendly-name", FRIENDLY_NAME, "--exportable")
        hand_out(folder, HOST)
    return make


def classic(folder):
    tool(folder / "state", "create", "MailStoreServer", "--classic", "--exportable")
    hand_out(folder, "MailStoreServer")


def issued(key):
    def make(folder):
        state = folder / "state"
        tool(state, "authority", "create", "--domain", "example.org", "--address", ADDRESS)
        tool(state, "authority", "issue", HOST, "--address", ADDRESS, "--key", key,
             "--friendly-name", FRIENDLY_NAME, "--exportable")
        hand_out(folder, HOST)
    return make


MADE = {key: self_signed(key) for key in ("ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096")} | {
    "classic": classic, "issued-ecdsa-p256": issued("ecdsa-p256"),
    "issued-rsa-2048": issued("rsa-2048")}


# ---- what the tool refuses to issue, with the key that it would have used

def authority_for(*permitted):
    """Makes an authority that may issue for these alone: ("--domain", "example.org")."""
    def make(folder):
        tool(folder / "state", "authority", "create", *permitted)
    return make


def issue_regardless(made, *names):
    """A leaf that the authority of that folder signs, whatever it may."""
    pem = made.authority.read_bytes()
    authority = Certificate(x509.load_pem_x509_certificate(pem),
                            serialization.load_pem_private_key(pem, None))
    return CertificateFactory().make(*names, issuer=authority)
