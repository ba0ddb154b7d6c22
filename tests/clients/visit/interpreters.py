"""PHP and Perl: OpenSSL's verdict, but names are looked at by their own code."""

import pathlib

from visit.client import NO_ISSUER, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client, verdict_of
from visit.command_line import knowing_host, run

HERE = pathlib.Path(__file__).parent


class Interpreter(Client):
    command = ()
    patience_s = 60

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        done = run([*knowing_host(folder, site), *self.command],
                   f"{site.host} {site.port} {self.patience_s}\n",
                   SSL_CERT_FILE=str(self.anchors(folder, anchor)), SSL_CERT_DIR="/nonexistent")
        return verdict_of(done, r"^\S+ \d+ refused (.*)", r"^\S+ \d+ accepted$")


class Php(Interpreter):
    """Does not say why OpenSSL did not verify it."""

    command = ("php", HERE / "visits.php")
    unverified = "SSL operation failed with code 1. .*:certificate verify failed"
    refusals = {
        SELF_SIGNED: unverified,
        NO_ISSUER: unverified,
        WRONG_NAME: "Peer certificate (CN|subjectAltName).* did not match expected .*",
        OUTSIDE: unverified,
    }


class Perl(Interpreter):
    """HTTP::Tiny with IO::Socket::SSL."""

    command = ("perl", HERE / "visits.pl")
    unverified = ".*:certificate verify failed"
    refusals = {
        SELF_SIGNED: unverified,
        NO_ISSUER: unverified,
        WRONG_NAME: ".*hostname verification failed",
        OUTSIDE: unverified,
    }
