"""Chains: what is sent, in which order, and what of it is trusted."""

from family_cases import between, by_itself, case, under
from lib.certs import days, now
from shapes import authority, issuer_key, leaf, names, new_key


@case
def good(host):
    return under(host)


@case
def good_alone(host):
    return by_itself(host)


@case
def three_levels(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root)
    return [leaf(host, middle), middle], [root]


@case
def root_is_not_sent(host):
    sent, anchors = under(host)
    return sent[:1], anchors


@case
def rsa(host):
    return under(host, key=new_key("rsa2048"), root_how={"key": new_key("rsa2048")})


@case
def no_identifiers(host):
    return under(host, identifiers=False, root_how={"identifiers": False})


@case
def unknown_root(host):
    return under(host)[0], []


@case
def unknown_alone(host):
    return by_itself(host)[0], []


@case
def unknown_and_misnamed(host):
    return under(host, names("other.example.org"))[0], []


@case
def middle_is_not_sent(host):
    root = authority(f"Root of {host}")
    return [leaf(host, authority(f"Middle of {host}", root))], [root]


@case
def misordered(host):
    root = authority(f"Root of {host}")
    upper = authority(f"Upper of {host}", root)
    lower = authority(f"Lower of {host}", upper)
    return [leaf(host, lower), upper, root, lower], [root]


@case
def stranger_in_between(host):
    root = authority(f"Root of {host}")
    lower = authority(f"Lower of {host}", root)
    return [leaf(host, lower), authority(f"Stranger to {host}"), lower], [root]


@case
def sent_twice(host):
    root = authority(f"Root of {host}")
    lower = authority(f"Lower of {host}", root)
    own = leaf(host, lower)
    return [own, own, lower, lower], [root]


@case
def leaf_as_anchor(host):
    own = leaf(host, authority(f"Root of {host}"))
    return [own], [own]


@case
def leaf_as_anchor_expired(host):
    own = leaf(host, authority(f"Root of {host}"), begins=now() - days(60), ends=now() - days(30))
    return [own], [own]


@case
def leaf_as_anchor_with_its_issuer_sent(host):
    top = authority(f"Root of {host}")
    own = leaf(host, top)
    return [own, top], [own]


@case
def middle_as_anchor(host):
    middle = authority(f"Middle of {host}", authority(f"Root of {host}"))
    return [leaf(host, middle), middle], [middle]


@case
def middle_as_anchor_root_sent(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root)
    return [leaf(host, middle), middle, root], [middle]


@case
def same_name_another_key(host):
    top, other = (authority(f"Root of {host}", key=new_key()) for _ in range(2))
    return [leaf(host, top), top], [other]


@case
def same_name_another_key_no_identifiers(host):
    top, other = (authority(f"Root of {host}", identifiers=False) for _ in range(2))
    return [leaf(host, top, identifiers=False)], [other]


@case
def broken_signature(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top, signer=new_key()), top], [top]


@case
def renewed_root_same_key(host):
    old = authority(f"Root of {host}", begins=now() - days(90), ends=now() - days(30))
    new = authority(f"Root of {host}", key=old.key)
    return [leaf(host, old), old], [new]


@case
def cross_signed_by_unknown(host):
    known, other = authority(f"Root of {host}"), authority(f"Unknown of {host}")
    middle = authority(f"Middle of {host}", known)
    crossed = authority(f"Middle of {host}", other, key=middle.key)
    return [leaf(host, middle), crossed, other, middle], [known]


@case
def cross_signed_expired_first(host):
    known = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", known)
    old = authority(f"Middle of {host}", known, key=middle.key, begins=now() - days(60),
                    ends=now() - days(30))
    return [leaf(host, middle), old, middle], [known]


@case
def wrong_issuer_identifier(host):
    return under(host, issuer_key(b"\1" * 20))


@case
def wrong_issuer_serial(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top, issuer_key(b"", 4711, top.subject)), top], [top]


@case
def self_signed_with_wrong_issuer_identifier(host):
    return by_itself(host, issuer_key(b"\1" * 20))


@case
def wrong_issuer_identifier_above(host):
    return between(host, [issuer_key(b"\1" * 20)])


@case
def wrong_issuer_identifier_below(host):
    return between(host, (), issuer_key(b"\1" * 20))


@case
def two_anchors_of_one_name(host):
    wrong, right = (authority(f"Root of {host}") for _ in range(2))
    return [leaf(host, right)], [wrong, right]


@case
def two_anchors_of_one_name_no_identifiers(host):
    wrong, right = (authority(f"Root of {host}", identifiers=False) for _ in range(2))
    return [leaf(host, right, identifiers=False)], [wrong, right]


@case
def another_of_that_name_is_sent(host):
    right, wrong = (authority(f"Root of {host}", identifiers=False) for _ in range(2))
    return [leaf(host, right, identifiers=False), wrong], [right]


@case
def two_middles_of_one_name(host):
    root = authority(f"Root of {host}")
    right, wrong = (authority(f"Middle of {host}", root, identifiers=False) for _ in range(2))
    return [leaf(host, right, identifiers=False), wrong, right], [root]


def tower(host, count, in_order=True):
    """So many authorities between the server's and the root."""
    chain = [authority(f"Root of {host}")]
    for number in range(count):
        chain.append(authority(f"Step {number} of {host}", chain[-1]))
    between_them = chain[:0:-1] if in_order else chain[1:]
    return [leaf(host, chain[-1]), *between_them], [chain[0]]


@case
def six_in_between(host):
    return tower(host, 6)


@case
def seven_in_between(host):
    return tower(host, 7)


@case
def ten_in_between(host):
    return tower(host, 10)


@case
def five_in_between_out_of_order(host):
    return tower(host, 5, in_order=False)


@case
def six_in_between_out_of_order(host):
    return tower(host, 6, in_order=False)


@case
def leaf_is_named_as_its_issuer(host):
    top = authority(host)
    return [leaf(host, top), top], [top]


@case
def leaf_is_named_as_its_issuer_no_identifiers(host):
    top = authority(host, identifiers=False)
    return [leaf(host, top, identifiers=False), top], [top]


@case
def issuer_in_capitals(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top, issuer_name=f"ROOT OF {host}"), top], [top]


@case
def issuer_with_more_spaces(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top, issuer_name=f"Root  of {host} "), top], [top]


@case
def leaf_and_root_are_anchors(host):
    (own, top), _ = under(host)
    return [own, top], [own, top]


@case
def expired_anchor_beside_its_successor(host):
    new = authority(f"Root of {host}")
    old = authority(f"Root of {host}", key=new.key, begins=now() - days(90), ends=now() - days(30))
    return [leaf(host, new)], [old, new]


@case
def root_sent_as_issued_by_a_dead_one(host):
    """As Let's Encrypt's was in 2021."""
    dead = authority(f"Dead of {host}", begins=now() - days(90), ends=now() - days(30))
    root = authority(f"Root of {host}")
    crossed = authority(f"Root of {host}", dead, key=root.key)
    middle = authority(f"Middle of {host}", root)
    return [leaf(host, middle), middle, crossed], [root, dead]


@case
def root_issued_by_a_dead_one_alone(host):
    dead = authority(f"Dead of {host}", begins=now() - days(90), ends=now() - days(30))
    crossed = authority(f"Root of {host}", dead)
    middle = authority(f"Middle of {host}", crossed)
    return [leaf(host, middle), middle, crossed], [dead]
