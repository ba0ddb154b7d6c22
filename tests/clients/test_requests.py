"""Requests made here: read by others, and turned into certificates by them, which `accept` joins
with the waiting key."""

import shutil

import pytest

from lib.certs import DER
from made import ADDRESS, HOST, tool
from visit.client import KEY_USAGE, SELF_SIGNED, Site
from visit.command_line import run, run_well
from visit.nss import new_database
from visit.virtual_machines import KEYTOOL

KEYS = {
    "rsa-2048": "KeyLength = 2048\nKeyUsage = 0xa0",
    "rsa-4096": "KeyLength = 4096\nKeyUsage = 0xa0",
    "ecdsa-p256": "KeyAlgorithm = ECDSA_P256\nKeyUsage = 0x80",
    "ecdsa-p384": "KeyAlgorithm = ECDSA_P384\nHashAlgorithm = sha384\nKeyUsage = 0x80",
    "rsa-pss": "KeyLength = 2048\nAlternateSignatureAlgorithm = TRUE\nKeyUsage = 0x80",
}
INF = f"""[Version]
Signature = "$Windows NT$"
[NewRequest]
Subject = "CN={HOST}, O=""Example, Ltd"", C=AT"
%s
[EnhancedKeyUsageExtension]
OID = 1.3.6.1.5.5.7.3.1
[Extensions]
2.5.29.17 = "{{text}}"
_continue_ = "DNS={HOST}&"
_continue_ = "IPAddress={ADDRESS}&"
"""


def requesting(key):
    def make(folder):
        (folder / "request.inf").write_text(INF % KEYS[key])
        tool(folder / "state", "request", folder / "request.inf", "--entry", "archive",
             "--output", folder / "request.pem")
    return make


@pytest.fixture
def requested(request, once, tmp_path):
    """A folder with state/, where the key waits, and request.pem; the test's own."""
    folder = once(f"request-{request.param}", requesting(request.param))
    return shutil.copytree(folder, tmp_path / "requested")


def der_of(request):
    path = request.with_suffix(".der")
    run_well(["openssl", "req", "-in", request, "-outform", "DER", "-out", path])
    return path


# ---- reading

def read_by_openssl(request):
    verified = run(["openssl", "req", "-verify", "-in", request, "-noout"])
    assert verified.returncode == 0 and "verify OK" in verified.stdout + verified.stderr
    return run_well(["openssl", "req", "-in", request, "-noout", "-text"])


def read_by_gnutls(request):
    told = run_well(["certtool", "--crq-info", "--infile", request])
    assert "Self signature: verified" in told
    return told


def read_by_java(request):
    return run_well([*KEYTOOL, "-printcertreq", "-v", "-file", request])


@pytest.mark.parametrize("requested", KEYS, indirect=True)
@pytest.mark.parametrize("read", [read_by_openssl, read_by_gnutls, read_by_java])
def test_others_read_and_verify_it(read, requested):
    told = read(requested / "request.pem").replace("\\,", ",")
    assert [fact for fact in (HOST, ADDRESS, "Example, Ltd") if fact not in told] == []
    assert "TLS Web Server Authentication" in told or "TLS WWW Server" in told \
        or "serverAuth" in told


# ---- issuing

def issued_by_openssl(authority, request, folder):
    (folder / "authority.pem").write_bytes(authority.both_pem)
    done = run(["openssl", "x509", "-req", "-in", request, "-CA", folder / "authority.pem",
                "-copy_extensions", "copyall", "-days", "90", "-out", folder / "issued"])
    assert done.returncode == 0, done.stderr


def issued_by_gnutls(authority, request, folder):
    (folder / "authority.pem").write_bytes(authority.pem)
    (folder / "key.pem").write_bytes(authority.key_pem)
    # It fails when it is to honour a key identifier, beside which it sets its own.
    (folder / "template").write_text("expiration_days = 90\n" + "".join(
        f"honor_crq_ext = 2.5.29.{arc}\n" for arc in (15, 17, 37)))
    done = run(["certtool", "--generate-certificate", "--load-request", request,
                "--load-ca-certificate", folder / "authority.pem", "--load-ca-privkey",
                folder / "key.pem", "--template", folder / "template", "--outfile",
                folder / "issued"])
    assert done.returncode == 0, done.stderr


def issued_by_nss(authority, request, folder):
    database = new_database(folder / "nssdb")
    (folder / "authority.p12").write_bytes(authority.pfx("secret", b"authority"))
    run_well(["pk12util", "-d", database, "-i", folder / "authority.p12", "-W", "secret",
              "-K", ""])
    run_well(["certutil", "-d", database, "-C", "-c", "authority", "-i", der_of(request),
              "-o", folder / "issued", "-m", "4711", "-v", "3", "-Z", "SHA256"])


def issued_by_java(authority, request, folder):
    (folder / "authority.p12").write_bytes(authority.pfx("secret", b"authority"))
    run_well([*KEYTOOL, "-gencert", "-keystore", folder / "authority.p12", "-storepass", "secret",
              "-alias", "authority", "-infile", request, "-outfile", folder / "issued",
              "-validity", "90", "-ext", "honored=all"])


@pytest.mark.parametrize("requested", ["rsa-2048", "ecdsa-p384"], indirect=True)
@pytest.mark.parametrize("issue", [issued_by_openssl, issued_by_gnutls, issued_by_nss,
                                   issued_by_java])
def test_what_others_issue_for_it_is_accepted_and_served(issue, requested, certs, daemon,
                                                         tmp_path):
    authority = certs.authority()
    issue(authority, requested / "request.pem", tmp_path)
    (tmp_path / "chain.cer").write_bytes(authority.x509.public_bytes(DER))
    tool(requested / "state", "accept", tmp_path / "issued", tmp_path / "chain.cer")
    served = daemon(prepare=lambda new: shutil.copytree(requested / "state" / "certs", new.store))
    (tmp_path / "anchors.pem").write_bytes(authority.pem)
    run_well(["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--capath",
              "/nonexistent", "--cacert", tmp_path / "anchors.pem", "--resolve",
              f"{HOST}:{served.port()}:127.0.0.1", f"https://{HOST}:{served.port()}/"])


# ---- a request.inf that makes the certificate itself

def self_made(folder):
    (folder / "request.inf").write_text(INF % (
        KEYS["rsa-2048"] + "\nRequestType = Cert\nValidityPeriod = Years\n"
        "ValidityPeriodUnits = 20"))
    tool(folder / "state", "request", folder / "request.inf", "--entry", "archive")
    tool(folder / "state", "export", "archive", "--output", folder / "anchor.cer")


@pytest.fixture
def self_made_at(once, daemon):
    """Where it is served, and what to trust."""
    folder = once("request-cert", self_made)
    served = daemon(prepare=lambda new: shutil.copytree(folder / "state" / "certs", new.store))
    return Site(HOST, served.port()), (folder / "anchor.cer").read_bytes()


def test_with_the_usual_key_usage_all_but_chromium_accept_it(client, self_made_at):
    """0xa0 stands in every example of a request.inf."""
    site, anchor = self_made_at
    client.expect(client.visit(site), SELF_SIGNED)
    client.expect(client.visit(site, anchor), KEY_USAGE if KEY_USAGE in client.refusals else None)


@pytest.mark.clients("ChromiumOnWindows")
def test_with_the_usual_key_usage_chromium_accepts_it_on_windows(client, self_made_at):
    site, anchor = self_made_at
    client.expect(client.visit(site), SELF_SIGNED)
    client.expect(client.visit(site, anchor))
