"""Whatever a certificate calls itself, each file that it is written into stays what it is, and the
name stays text."""

import json
import plistlib
import subprocess
import xml.etree.ElementTree as ET

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from pygments.lexers import PowerShellLexer
from pygments.token import Error
from samba.gp_parse.gp_pol import GPPolParser

from lib.certs import DER, PEM, Certificate, new_key
from lib.deployed import Deployed
from lib.powershell import Script

# Each with what a person reads of it.
NAMES = {
    "shell": ("$(touch pwned) `touch pwned` ${HOME} \\' \" '; touch pwned; '", None),
    "here-document": ("END\ntouch pwned\nEND", "END\\x0Atouch pwned\\x0AEND"),
    "option": ("--undo", None),
    "dash": ("-rf /", None),
    "powershell": ("'; $(calc) ’‘‚‛ “ ” „ #> @' `n", None),
    "markup": ("]]></string><!-- & <b> &amp; \"'", None),
    "json": ("\"}, {\\u0022: [\\", None),
    "percent": ("%s%n %PATH% {{base64}} {{/x}}", None),
    "letters": ("Ärger mit Größe, Łódź, 東京, 😀", None),
    "longest": ("ü" * 64, None),
    "control": ("a\x1b[2J\x7f\x85\u2028b", "a\\x1B[2J\\x7F\\u{0085}\\u{2028}b"),
    "backwards": ("safe\u202egnp.exe", "safe\\u{202E}gnp.exe"),
    "no characters": ("a\ufffe\uffffb", "a\\u{FFFE}\\u{FFFF}b"),
}
named = pytest.mark.parametrize("name, shown", NAMES.values(), ids=NAMES)


def certificate_named(name, certs):
    key = new_key("ecdsa")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = certs.make("archive.example.org")
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), 4711, made.x509.not_valid_before,
        made.x509.not_valid_after, list(made.x509.extensions))
    return Certificate(builder.sign(key, made.x509.signature_hash_algorithm), key)


def paths(deployed, suffix):
    found = [path for path in deployed.folder.rglob(f"*{suffix}") if path.is_file()]
    assert found
    return found


@named
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_file_still_reads(certs, tmp_path, name, shown, language):
    deployed = Deployed(tmp_path, certificate_named(name, certs), language,
                        host="archive.example.org", port=8462)
    shown = shown or name
    for path in paths(deployed, ".xml"):
        ET.parse(path)
    title = ET.fromstring(deployed.read("windows/gpo/manifest.xml")).findtext(".//{*}GPODisplayName")
    assert title == f"mailstored: {shown}"
    profile = plistlib.loads(deployed.read("apple/mailstored.mobileconfig"))
    assert shown in profile["PayloadDescription"]
    assert json.loads(deployed.read("firefox/policies.json"))["policies"]["Certificates"]
    GPPolParser().parse(deployed.read("windows/registry.pol"))
    text = deployed.read("windows/install.ps1").decode("utf-8-sig").replace("\r\n", "\n")
    assert title in Script(text).strings
    assert not [value for kind, value in PowerShellLexer().get_tokens(text) if kind is Error]
    assert shown in deployed.read("README.txt").decode("utf-8-sig")


@named
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_script_takes_it_for_text(certs, tmp_path, name, shown, shell):
    deployed = Deployed(tmp_path, certificate_named(name, certs))
    for option in ("--help", "--dry-run"):
        ran = subprocess.run([shell, deployed.path("install.sh"), option], cwd=tmp_path, check=True,
                             capture_output=True, text=True)
        assert (shown or name) in ran.stdout
    assert not list(tmp_path.rglob("pwned"))


def test_no_private_key_is_in_any_file(certs, tmp_path):
    anchor = certs.make("archive.example.org", key="rsa")
    signer = certs.leaf("signer.example.org", key="rsa")
    deployed = Deployed(tmp_path, anchor, signer=signer)
    for made in (anchor, signer):
        numbers = made.key.private_numbers()
        secrets = [numbers.d.to_bytes(256, "big"), numbers.p.to_bytes(128, "big"),
                   made.key.private_bytes(DER, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption())[-64:]]
        pem = made.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
        secrets += pem.splitlines()[8:-1]  # behind the modulus, which is public
        for path in deployed.folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert b"PRIVATE KEY" not in content
            assert not [secret for secret in secrets if secret in content], path
