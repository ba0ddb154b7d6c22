"""PKCS#12 and PKCS#7 that `export` writes, taken in by others."""

import re
import ssl

import pytest

from made import FRIENDLY_NAME, tool
from visit.command_line import run, run_well
from visit.nss import new_database
from visit.readers import blocks

each = pytest.mark.parametrize("made", ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "issued-rsa-2048"],
                               indirect=True)
# Who guesses the password has to work for it, and so has whoever knows it.
few = pytest.mark.parametrize("made", ["ecdsa-p256", "issued-rsa-2048"], indirect=True)


@pytest.fixture
def bundle(made, tmp_path):
    """bundle(password): a new PKCS#12, and a file with its password."""
    def get(password="correct horse"):
        path, secret = tmp_path / "made.p12", tmp_path / "password"
        secret.touch(0o600)
        secret.write_text(password + "\n")
        tool(made.folder / "state", "export", made.entry, "--format", "p12", "--output", path,
             "--password-file", secret)
        return path, secret
    return get


def key_in(kind, path):
    """The public key of a certificate ("x509"), a request ("req") or a private key ("pkey")."""
    how = ["-pubout"] if kind == "pkey" else ["-pubkey", "-noout"]
    return run_well(["openssl", kind, "-in", path, *how])


def opened_by_openssl(made, bundle, secret, folder):
    opened = folder / "opened.pem"
    run_well(["openssl", "pkcs12", "-in", bundle, "-passin", f"file:{secret}", "-noenc",
              "-out", opened])
    assert sorted(blocks(opened)) == sorted(blocks(made.chain))
    assert key_in("pkey", opened) == key_in("x509", made.file("server.pem"))
    return opened.read_text()


def opened_by_nss(made, bundle, secret, folder):
    """The nickname under which it now has the certificate and the key."""
    database = new_database(folder / "nssdb")
    run_well(["pk12util", "-d", database, "-i", bundle, "-w", secret, "-K", ""])
    keys = run_well(["certutil", "-d", database, "-K"]).splitlines()
    assert len(keys) == 2 and re.match(r"< 0> (rsa|ec) ", keys[1]), keys
    nickname = re.search(r"[0-9a-f]{40} +(.*)", keys[1])[1].split(":")[-1]
    own = run_well(["certutil", "-d", database, "-L", "-a", "-n", nickname])
    assert ssl.PEM_cert_to_DER_cert(own.strip()) == \
        ssl.PEM_cert_to_DER_cert(blocks(made.chain)[0])
    return nickname


@each
def test_openssl_takes_the_pkcs12(made, bundle, tmp_path):
    path, secret = bundle()
    opened = opened_by_openssl(made, path, secret, tmp_path)
    assert f"friendlyName: {FRIENDLY_NAME}" in opened
    wrong = run(["openssl", "pkcs12", "-in", path, "-passin", "pass:wrong", "-noenc"])
    assert wrong.returncode != 0 and "invalid password" in wrong.stderr


@each
def test_nss_takes_the_pkcs12(made, bundle, tmp_path):
    nickname = opened_by_nss(made, *bundle(), tmp_path)
    assert nickname == FRIENDLY_NAME


@few
def test_a_password_beyond_ascii_is_the_same_to_others(made, bundle, tmp_path):
    """Not to Java, whose PBES2 takes ASCII alone ("Password is not ASCII")."""
    path, secret = bundle("Grüße «Zürich» 漢字")
    opened_by_openssl(made, path, secret, tmp_path)
    opened_by_nss(made, path, secret, tmp_path)


@few
def test_java_takes_the_pkcs12(made, bundle, tmp_path):
    path, secret = bundle()
    store = ["-keystore", path, "-storetype", "PKCS12", "-storepass:file", secret]
    listed = run_well(["keytool", "-list", "-v", *store])
    assert listed.count("Entry type: ") == 1 and "Entry type: PrivateKeyEntry" in listed
    assert f"Certificate chain length: {len(blocks(made.chain))}\n" in listed
    alias = re.search("^Alias name: (.*)$", listed, re.MULTILINE)[1]
    assert alias == FRIENDLY_NAME.lower()
    # The key can be used, and is the certificate's.
    request = tmp_path / "request"
    request.write_text(run_well(["keytool", "-certreq", "-alias", alias, *store]))
    assert key_in("req", request) == key_in("x509", made.file("server.pem"))


@each
def test_others_take_the_pkcs7(made, tmp_path):
    path, printed = made.file("p7b"), tmp_path / "printed"
    printed.write_text(run_well(["openssl", "pkcs7", "-inform", "DER", "-in", path,
                                 "-print_certs"]))
    count = len(blocks(made.chain))
    assert sorted(blocks(printed)) == sorted(blocks(made.chain))
    assert run_well(["keytool", "-printcert", "-file", path]).count("Owner: ") == count
    told = run_well(["certtool", "--p7-info", "--inder", "--infile", path])
    assert told.count("BEGIN CERTIFICATE") == count
