"""PKCS#12 files that others made, taken in by `import`."""

import ssl

import pytest

from made import tool
from visit.command_line import run, run_well
from visit.nss import new_database
from visit.readers import blocks
from visit.virtual_machines import KEYTOOL

PASSWORD = "correct horse"
NAME = "CN=archive.example.org"


def made_by_openssl(folder, *how):
    done = run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", f"/{NAME}",
                "-keyout", folder / "key.pem", "-out", folder / "cert.pem"])
    assert done.returncode == 0, done.stderr
    run_well(["openssl", "pkcs12", "-export", "-inkey", folder / "key.pem", "-in",
              folder / "cert.pem", "-name", "Ours", "-out", folder / "made.p12", "-passout",
              f"pass:{PASSWORD}", *how])


def made_by_openssl_as_windows_does(folder):
    made_by_openssl(folder, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg",
                    "sha1")


def made_by_gnutls(folder):
    (folder / "template").write_text('cn = "archive.example.org"\nexpiration_days = 90\n')
    for words in (["--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1",
                   "--no-text", "--outfile", folder / "key.pem"],
                  ["--generate-self-signed", "--load-privkey", folder / "key.pem", "--template",
                   folder / "template", "--no-text", "--outfile", folder / "cert.pem"],
                  ["--to-p12", "--load-privkey", folder / "key.pem", "--load-certificate",
                   folder / "cert.pem", "--p12-name", "Ours", "--password", PASSWORD, "--outder",
                   "--outfile", folder / "made.p12"]):
        done = run(["certtool", *words])
        assert done.returncode == 0, done.stderr


def made_by_nss(folder):
    database = new_database(folder / "nssdb")
    (folder / "noise").write_bytes(b"no secret is kept here" * 20)
    done = run(["certutil", "-d", database, "-S", "-x", "-n", "Ours", "-s", NAME, "-t", ",,", "-k",
                "rsa", "-g", "2048", "-z", folder / "noise"])
    assert done.returncode == 0, done.stderr
    (folder / "cert.pem").write_text(run_well(["certutil", "-d", database, "-L", "-a", "-n",
                                               "Ours"]))
    run_well(["pk12util", "-d", database, "-n", "Ours", "-o", folder / "made.p12", "-W", PASSWORD,
              "-K", ""])


def made_by_java(folder, key="RSA", size="2048"):
    store = ["-keystore", folder / "made.p12", "-storetype", "PKCS12", "-storepass", PASSWORD,
             "-alias", "ours"]
    done = run([*KEYTOOL, "-genkeypair", "-keyalg", key, "-keysize", size, "-dname", NAME,
                "-validity", "90", *store])
    assert done.returncode == 0, done.stderr
    (folder / "cert.pem").write_text(run_well([*KEYTOOL, "-exportcert", "-rfc", *store]))


def made_by_java_with_an_ec_key(folder):
    """Java leaves the public half of such a key out."""
    made_by_java(folder, "EC", "256")


@pytest.mark.parametrize("make", [made_by_openssl, made_by_openssl_as_windows_does, made_by_gnutls,
                                  made_by_nss, made_by_java,
                                  made_by_java_with_an_ec_key])
def test_import_takes_the_pkcs12_of_others(make, tmp_path):
    make(tmp_path)
    (tmp_path / "password").touch(0o600)
    (tmp_path / "password").write_text(PASSWORD)
    state, taken = tmp_path / "state", tmp_path / "taken.pem"
    tool(state, "import", tmp_path / "made.p12", "--password-file", tmp_path / "password",
         "--entry", "taken")
    tool(state, "export", "taken", "--format", "pem", "--output", taken)
    [own], [theirs] = blocks(taken), blocks(tmp_path / "cert.pem")
    assert ssl.PEM_cert_to_DER_cert(own) == ssl.PEM_cert_to_DER_cert(theirs)
