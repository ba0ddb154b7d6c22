"""NSS, by the programs that come with it."""

import re
import subprocess

from lib.waiting import await_condition
from visit.client import NO_ISSUER, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client, verdict_of
from visit.command_line import REQUEST, knowing_host, run

TRUSTED_ISSUER = "C,,"
TRUSTED_ISSUER_AND_PEER = "CP,,"


def new_database(folder, anchor=None, trust=TRUSTED_ISSUER):
    """certutil's word for an NSS database with this one anchor (DER), or with none."""
    folder.mkdir(parents=True)
    database = f"sql:{folder}"
    made = run(["certutil", "-d", database, "-N", "--empty-password"])
    assert made.returncode == 0, made.stderr
    if anchor:
        path = folder / "anchor.cer"
        path.write_bytes(anchor)
        added = run(["certutil", "-d", database, "-A", "-n", "anchor", "-t", trust, "-i", path])
        assert added.returncode == 0, added.stderr
    return database


class Nss(Client):
    """tstclnt"""

    refusals = {
        SELF_SIGNED: "SEC_ERROR_(UNKNOWN_ISSUER|CA_CERT_INVALID)",
        NO_ISSUER: "SEC_ERROR_(UNKNOWN|UNTRUSTED)_ISSUER",
        WRONG_NAME: "SSL_ERROR_BAD_CERT_DOMAIN",
        OUTSIDE: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    }

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        request = folder / "request"
        request.write_text(REQUEST.format(site.host))
        done = run([*knowing_host(folder, site), "tstclnt", "-4", "-h", site.host, "-p", site.port,
                    "-d", new_database(folder / "nssdb", anchor), "-A", request])
        return verdict_of(done, r"^tstclnt: authentication of server cert failed: (\w+)",
                          r"^HTTP/1\.1 200 ")


class NssVfyserv(Client):
    """Gives errors their numbers alone (secerr.h, sslerr.h)."""

    REFUSED = r"^Error in function PR_Write: (-\d+)$"
    ACCEPTED = r"^\*+ Connection 1 read \d{3,} bytes total"
    END = f"{REFUSED}|{ACCEPTED}"

    refusals = {
        SELF_SIGNED: "-81(56|79)",  # CA_CERT_INVALID, UNKNOWN_ISSUER
        NO_ISSUER: "-81(72|79)",    # UNTRUSTED_ISSUER, UNKNOWN_ISSUER
        WRONG_NAME: "-12276",       # BAD_CERT_DOMAIN
        OUTSIDE: "-8080",           # CERT_NOT_IN_NAME_SPACE
    }

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        said = folder / "said"
        with open(said, "wb") as output:
            process = subprocess.Popen(
                [*knowing_host(folder, site), "vfyserv", "-p", str(site.port),
                 "-d", new_database(folder / "nssdb", anchor), site.host],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            # One time in a hundred its main thread misses that the other has ended, and waits for
            # ever; it has said by then what is to be said. Its exit status tells nothing.
            await_condition("vfyserv has ended, or said how it went", lambda:
                            process.poll() is not None
                            or re.search(self.END, said.read_text(errors="replace"), re.MULTILINE),
                            within_s=60)
        finally:
            process.kill()
            process.wait()
        done = subprocess.CompletedProcess([], 0, said.read_text(errors="replace"), "")
        return verdict_of(done, self.REFUSED, self.ACCEPTED)
