"""What Apple's devices and Android are given, read by Python's plistlib, OpenSSL and an XML parser."""

import hashlib
import plistlib
import re
import subprocess
import uuid

import pytest
from cryptography import x509

from lib.certs import days, now
from lib.deployed import Deployed

SPACE = uuid.UUID("c1f2d1d0-6f0b-4f2e-9c35-2b8a6e0d74b3")
PROFILE = "apple/mailstored.mobileconfig"
WORDS = {"en": "Makes this device trust", "de": "vertraut dieses Gerät", "fr": "fera confiance"}


def check_profile(profile, anchor):
    """https://developer.apple.com/documentation/devicemanagement: TopLevel, CertificateRoot."""
    fingerprint = hashlib.sha256(anchor.der).digest().hex(":").upper()
    assert profile["PayloadType"] == "Configuration"
    assert profile["PayloadVersion"] == 1
    assert profile["PayloadRemovalDisallowed"] is False
    assert uuid.UUID(profile["PayloadUUID"]) == uuid.uuid5(SPACE, f"apple profile:{fingerprint}")
    (root,) = profile["PayloadContent"]
    assert root["PayloadType"] == "com.apple.security.root"
    assert root["PayloadVersion"] == 1
    assert root["PayloadContent"] == anchor.der
    assert uuid.UUID(root["PayloadUUID"]) == uuid.uuid5(SPACE, f"apple certificate:{fingerprint}")
    assert root["PayloadIdentifier"].startswith(profile["PayloadIdentifier"] + ".")
    assert fingerprint in profile["PayloadDescription"]
    assert root["PayloadDisplayName"] in profile["PayloadDisplayName"]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_profile_holds_the_root(certs, tmp_path, language):
    authority = certs.make(common_name="Archiv & Söhne <IT>", authority=True, server=False,
                           ends=now() + days(3650))
    leaf = certs.make("archive.example.org", issuer=authority)
    deployed = Deployed(tmp_path, authority, language, leaf=leaf)
    profile = plistlib.loads(deployed.read(PROFILE))
    check_profile(profile, authority)
    assert WORDS[language] in profile["PayloadDescription"]
    assert deployed.warnings == []


def verified_by_openssl(deployed, tmp_path, authority):
    """The content, if OpenSSL finds a good signature of a certificate that leads to `authority`."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(authority.pem)
    return subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", deployed.path(PROFILE), "-CAfile",
         trusted, "-no-CApath", "-no-CAstore", "-purpose", "any", "-binary"],
        check=False, capture_output=True)


@pytest.mark.parametrize("key", ["rsa", "ecdsa"])
def test_a_signed_profile_is_the_same_profile_signed(certs, tmp_path, key):
    anchor = certs.make("archive.example.org")
    signer = certs.leaf("signer.example.org", key=key)
    deployed = Deployed(tmp_path / "signed", anchor, signer=signer)
    verified = verified_by_openssl(deployed, tmp_path, signer.issuer)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout == Deployed(tmp_path / "unsigned", anchor).read(PROFILE)
    check_profile(plistlib.loads(verified.stdout), anchor)
    # The whole chain is in it: a device knows its root alone.
    printed = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER", "-in", deployed.path(PROFILE), "-print_certs"],
        check=True, capture_output=True, text=True).stdout
    assert printed.count("BEGIN CERTIFICATE") == 2


def test_a_profile_that_was_touched_is_refused(certs, tmp_path):
    anchor = certs.make("archive.example.org")
    signer = certs.leaf("signer.example.org")
    deployed = Deployed(tmp_path / "signed", anchor, signer=signer)
    content = deployed.read(PROFILE)
    at = content.index(b"Makes this device")
    deployed.path(PROFILE).write_bytes(content[:at] + b"W" + content[at + 1:])
    assert verified_by_openssl(deployed, tmp_path, signer.issuer).returncode != 0


def test_a_signature_by_rsa_is_the_same_again(certs, tmp_path):
    anchor = certs.make("archive.example.org")
    signer = certs.leaf("signer.example.org", key="rsa")
    one, two = (Deployed(tmp_path / name, anchor, signer=signer).read(PROFILE) for name in "ab")
    assert one == two


@pytest.mark.parametrize("how, word", [
    ({"ends": now() + days(826)}, "825 days"),
    ({"san": False}, "subject alternative names"),
    ({"server": False}, "serverAuth"),
    ({"key": "rsa-1024"}, "2048 bits"),
], ids=["life", "names", "purpose", "key"])
def test_what_apple_refuses_is_told(certs, tmp_path, how, word):
    deployed = Deployed(tmp_path, certs.make("archive.example.org", **how))
    [warning] = [one for one in deployed.warnings if "Apple" in one]  # OpenSSL has its own reason
    assert word in warning


def test_an_authority_without_a_common_name_is_told(certs, tmp_path):
    made = certs.make("archive.example.org")
    nameless = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example")]),
        x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example")]),
        made.key.public_key(), 1, made.x509.not_valid_before, made.x509.not_valid_after,
        list(made.x509.extensions)).sign(made.key, made.x509.signature_hash_algorithm)
    deployed = Deployed(tmp_path, type(made)(nameless, made.key))
    assert len(deployed.warnings) == 1 and "common name" in deployed.warnings[0]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("folder", ["apple", "android"])
def test_the_steps_name_what_is_there(certs, tmp_path, language, folder):
    anchor = certs.make("archive.example.org")
    steps = Deployed(tmp_path, anchor, language)
    text = steps.read(f"{folder}/STEPS.txt").decode()
    assert hashlib.sha256(anchor.der).digest().hex(":").upper() in text
    assert "archive.example.org" in text and "{{" not in text and "\r" not in text
    named = set(re.findall(r"\bmailstored\.\w+", text))
    assert named
    for name in named:
        assert steps.path(f"{folder}/{name}").exists(), name


def test_android_gets_the_certificate_as_it_is(certs, tmp_path):
    anchor = certs.make("archive.example.org")
    assert Deployed(tmp_path, anchor).read("android/mailstored.crt") == anchor.der
