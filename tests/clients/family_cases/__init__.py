"""What the families of clients are tried with: each a host, what its server sends, and what the
clients trust. No rule of theirs stands here: the clients say what they take.

A case is a function of its host, which gives what is sent (the server's own first) and what is
trusted; its name is the function's, and its host too unless told otherwise. No two have an
authority's name in common, so that a client may trust all of them at once."""

from dataclasses import dataclass

from shapes import alone, authority, leaf


@dataclass(frozen=True)
class Case:
    name: str
    host: str
    sent: tuple
    anchors: tuple
    staple: bool

    @property
    def has_own_port(self):
        """Some clients send no server name for such hosts (RFC 6066, 3: a DNS name, fully
        qualified)."""
        return self.host[0].isdigit() or "." not in self.host or "_" in self.host or self.staple


CASES = {}


def case(make=None, *, host=None, staple=False):
    def register(make):
        word = make.__name__.replace("_", "-")
        assert word not in CASES
        CASES[word] = make, host or f"{word}.example.org", staple
        return make
    return register(make) if make else register


def build(word):
    make, host, staple = CASES[word]
    sent, anchors = make(host)
    return Case(word, host, tuple(sent), tuple(anchors), staple)


# ---- the usual chains

def under(host, *more, root=(), root_how=None, **how):
    """A leaf of a new authority, which clients trust."""
    top = authority(f"Root of {host}", more=root, **(root_how or {}))
    own = leaf(host, top, *more, **how)
    return [own, top], [top]


def between(host, middle, *more, root=(), middle_how=None, **how):
    """The same with an authority in between, which has these extensions."""
    top = authority(f"Root of {host}", more=root)
    lower = authority(f"Middle of {host}", top, middle, **(middle_how or {}))
    return [leaf(host, lower, *more, **how), lower], [top]


def by_itself(host, *more, **how):
    own = alone(host, *more, **how)
    return [own], [own]


# At the end, since they need what stands above.
from family_cases import (authorities, constraints, encodings, extensions, issuers,  # noqa: E402,F401
                          keys, names, purposes, renewals, times)
