"""Programs that read and verify a certificate in a file, without a connection.

Each function takes a folder of its own to work in, files with the chain (the server's first) and
the anchor, both PEM, and the host; it gives a Verdict whose `said` has what the program read."""

import re
import ssl

from visit.client import Verdict, verdict_of
from visit.command_line import run, run_well
from visit.nss import new_database
from visit.virtual_machines import QUICK, compiled

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"


def blocks(path):
    """A file's certificates, PEM each."""
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----",
                      path.read_text(), re.DOTALL)


def openssl(folder, chain, anchor, host):
    read = run_well(["openssl", "x509", "-in", chain, "-noout", "-text"])
    done = run(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslserver",
                "-verify_hostname", host, "-no-CApath", "-no-CAstore", "-CAfile", anchor,
                "-untrusted", chain, chain])
    verdict = verdict_of(done, r"^error (\d+) at ", r": OK$")
    return Verdict(verdict.code, read + verdict.said)


def gnutls(folder, chain, anchor, host):
    read = run_well(["certtool", "--certificate-info", "--infile", chain])
    done = run(["certtool", "--verify", "--verify-profile", "medium", "--load-ca-certificate",
                anchor, "--verify-hostname", host, "--verify-purpose", SERVER_AUTH,
                "--infile", chain])
    verdict = verdict_of(done, r"^Chain verification output: Not verified\. (.*?)\. *$",
                         r"^Chain verification output: Verified\.")
    return Verdict(verdict.code, read + verdict.said)


def nss(folder, chain, anchor, host):
    """As a TLS server's; certutil looks at no names."""
    trusted = ssl.PEM_cert_to_DER_cert(anchor.read_text())
    database = new_database(folder / "nssdb", trusted)
    own = "anchor"
    for number, block in reversed([*enumerate(blocks(chain))]):
        if ssl.PEM_cert_to_DER_cert(block) != trusted:
            (folder / "one.pem").write_text(block)
            own = f"served{number}"
            run_well(["certutil", "-d", database, "-A", "-n", own, "-t", ",,", "-a",
                      "-i", folder / "one.pem"])
    read = run_well(["certutil", "-d", database, "-L", "-n", own])
    done = run(["certutil", "-d", database, "-V", "-u", "V", "-e", "-n", own])
    verdict = verdict_of(done, r"^certutil: certificate is invalid: (.*)",
                         r"^certutil: certificate is valid$")
    return Verdict(verdict.code, read + verdict.said)


def java(folder, chain, anchor, host):
    """As a TLS server's chain; a trust manager alone looks at no names."""
    done = run(["java", *QUICK, "-cp", compiled("Verify.java"), "Verify", anchor,
                chain])
    return verdict_of(done, "^refused (.*)", "^verified$")


READERS = {"OpenSSL": openssl, "GnuTLS": gnutls, "NSS": nss, "Java": java}
LOOK_AT_NAMES = ("OpenSSL", "GnuTLS")
