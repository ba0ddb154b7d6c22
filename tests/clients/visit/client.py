"""What all clients have in common: where they go, what they trust, what they make of it."""

import re
import ssl
from dataclasses import dataclass
from typing import Optional

from lib.certs import CertificateFactory

# Why a client is to refuse. Each class says in `refusals` how its client puts it: an expression
# that the whole code matches.
SELF_SIGNED = "self-signed, and not trusted"
NO_ISSUER = "issued by an authority that is not trusted"
WRONG_NAME = "made for another name"
NO_NAME = "trusted, but with a common name alone"
KEY_USAGE = "self-signed, trusted, and with a key usage"
OUTSIDE = "outside of the authority's name constraints"


@dataclass(frozen=True)
class Site:
    host: str  # a name, or 127.0.0.1
    port: int

    @property
    def url(self):
        return f"https://{self.host}:{self.port}/"

    @property
    def is_address(self):
        return re.fullmatch(r"[\d.]+", self.host) is not None


@dataclass(frozen=True)
class Verdict:
    code: Optional[str]  # the client's own name of its refusal; None: it accepted, and got the page
    said: str = ""       # all that it said, for whoever looks at a failed test

    @property
    def accepted(self):
        return self.code is None


class Client:
    refusals = {}

    def __init__(self, folder):
        self.folder = folder
        self._visits = 0
        self._stranger = CertificateFactory().make(common_name="Somebody Else", authority=True,
                                                   server=False).der

    def visit(self, site, anchor=None):
        """A Verdict. `anchor`: the one certificate (DER) that it trusts beside the stranger."""
        raise NotImplementedError

    def close(self):
        """Ends what runs on between visits."""

    def new_folder(self):
        self._visits += 1
        folder = self.folder / f"visit{self._visits}"
        folder.mkdir(parents=True)
        return folder

    def anchors(self, folder, anchor):
        """A file (PEM) with the anchor, or with the stranger where there is none."""
        path = folder / "anchors.pem"
        path.write_text(ssl.DER_cert_to_PEM_cert(anchor or self._stranger))
        return path

    def expect(self, verdict, reason=None):
        """Asserts that it accepted, or that it refused for this reason."""
        who = type(self).__name__
        if reason is None:
            assert verdict.accepted, f"{who} refuses: {verdict.code}\n{verdict.said}"
            return
        assert not verdict.accepted, f"{who} accepts what is {reason}\n{verdict.said}"
        assert re.fullmatch(self.refusals[reason], verdict.code), \
            f"{who} says {verdict.code!r} of what is {reason}\n{verdict.said}"


def verdict_of(done, refusal, accepted):
    """Of a program that ended: `refusal` finds its code (the groups that matched), `accepted` is
    found where it got the page. What says neither, or both, is no verdict."""
    said = f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    refused = re.search(refusal, said, re.MULTILINE)
    served = re.search(accepted, said, re.MULTILINE)
    assert bool(refused) != bool(served), f"no verdict: {said}"
    if served:
        assert done.returncode == 0, f"no verdict: {said}"
        return Verdict(None, said)
    return Verdict(" ".join(group for group in refused.groups() if group), said)
