"""NSS, by the programs that come with it."""

from visit.client import NO_ISSUER, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client, verdict_of
from visit.command_line import REQUEST, knowing_host, run

TRUSTED_ISSUER = "C,,"


def new_database(folder, anchor=None):
    """certutil's word for an NSS database with this one anchor (DER), or with none."""
    folder.mkdir(parents=True)
    database = f"sql:{folder}"
    made = run(["certutil", "-d", database, "-N", "--empty-password"])
    assert made.returncode == 0, made.stderr
    if anchor:
        path = folder / "anchor.cer"
        path.write_bytes(anchor)
        added = run(["certutil", "-d", database, "-A", "-n", "anchor", "-t", TRUSTED_ISSUER,
                     "-i", path])
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

    refusals = {
        SELF_SIGNED: "-81(56|79)",  # CA_CERT_INVALID, UNKNOWN_ISSUER
        NO_ISSUER: "-81(72|79)",    # UNTRUSTED_ISSUER, UNKNOWN_ISSUER
        WRONG_NAME: "-12276",       # BAD_CERT_DOMAIN
        OUTSIDE: "-8080",           # CERT_NOT_IN_NAME_SPACE
    }

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        done = run([*knowing_host(folder, site), "vfyserv", "-p", site.port,
                    "-d", new_database(folder / "nssdb", anchor), site.host])
        done.returncode = 0  # it has its own idea of them
        return verdict_of(done, r"^Error in function PR_Write: (-\d+)",
                          r"^\*+ Connection 1 read \d{3,} bytes total")
