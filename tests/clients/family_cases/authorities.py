"""What authorities may issue."""

from family_cases import between, by_itself, case, under
from shapes import (BASIC, DIGITAL_SIGNATURE, NAMES, USAGE, alone, authority, constraints, leaf,
                    names, permits, usage, without)


@case
def issuer_without_constraints(host):
    return under(host, root=[without(BASIC)])


@case
def issuer_is_no_authority(host):
    return under(host, root=[constraints(False)])


@case
def middle_without_constraints(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [without(BASIC)])
    return [leaf(host, middle), middle], [root]


@case
def middle_is_no_authority(host):
    root = authority(f"Root of {host}")
    middle = leaf(f"Middle of {host}", root, without(NAMES))
    return [leaf(host, middle), middle], [root]


@case
def issuer_may_not_sign(host):
    return under(host, root=[usage(DIGITAL_SIGNATURE)])


@case
def middle_may_not_sign(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [usage(DIGITAL_SIGNATURE)])
    return [leaf(host, middle), middle], [root]


@case
def issuer_without_usage(host):
    return under(host, root=[without(USAGE)])


@case
def issuer_constraints_not_critical(host):
    return under(host, root=[constraints(True, critical=False)])


@case
def path_too_long(host):
    root = authority(f"Root of {host}", more=[constraints(True, 0)])
    middle = authority(f"Middle of {host}", root)
    return [leaf(host, middle), middle], [root]


@case
def middle_path_too_long(host):
    root = authority(f"Root of {host}")
    upper = authority(f"Upper of {host}", root, [constraints(True, 0)])
    lower = authority(f"Lower of {host}", upper)
    return [leaf(host, lower), lower, upper], [root]


@case
def first_version_root(host):
    return under(host, root_how={"version": 1, "extensions": ()})


@case
def first_version_middle(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, version=1, extensions=())
    return [leaf(host, middle, identifiers=False), middle], [root]


@case
def first_version_alone(host):
    return by_itself(host, version=1)


@case
def first_version_leaf(host):
    return under(host, version=1)


@case
def constrained_and_within(host):
    return under(host, root=[permits("example.org")])


@case
def constrained_and_outside(host):
    return under(host, root=[permits("example.net")])


@case
def excluded(host):
    return under(host, root=[permits(excluded=["example.org"])])


@case
def constrained_middle(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [permits("example.net")])
    return [leaf(host, middle), middle], [root]


@case
def constrained_to_a_leading_dot(host):
    return under(host, root=[permits(".example.org")])


@case
def constrained_addresses_alone(host):
    return under(host, root=[permits("192.0.2.0/24")])


@case
def one_name_outside(host):
    return under(host, names(host, "elsewhere.example.net"), root=[permits("example.org")])


@case(host="in.wildcon.example.org")
def wildcard_within_constraints(host):
    return under(host, names("*.wildcon.example.org"), root=[permits("wildcon.example.org")])


@case(host="in.wildexc.example.org")
def wildcard_over_what_is_excluded(host):
    return under(host, names("*.wildexc.example.org"),
                 root=[permits(excluded=["bad.wildexc.example.org"])])


@case
def constrained_directory(host):
    return under(host, root=[permits("dir:Somebody Else")])


@case
def constrained_email(host):
    return under(host, root=[permits("email:example.org")])


@case
def constrained_and_common_name_alone(host):
    return under(host, without(NAMES), root=[permits("example.net")])


@case
def constraints_not_critical(host):
    return under(host, root=[permits("example.net", critical=False)])


@case
def issuer_like_a_leaf(host):
    top = alone(f"Root of {host}")
    return [leaf(host, top), top], [top]


@case
def second_version_root(host):
    return under(host, root_how={"version": 2, "extensions": ()})


@case
def middle_without_constraints_as_anchor(host):
    middle = authority(f"Middle of {host}", authority(f"Root of {host}"), [without(BASIC)])
    return [leaf(host, middle), middle], [middle]


@case
def path_length_and_a_new_key(host):
    old = authority(f"Root of {host}", more=[constraints(True, 0)])
    new = authority(f"Root of {host}", old, [constraints(True, 0)])
    return [leaf(host, new), new], [old]


@case
def address_within(host):
    return between(host, [permits("example.org", "127.0.0.0/8")], names(host, "127.0.0.1"))


@case
def address_outside(host):
    return between(host, [permits("example.org", "192.0.2.0/24")], names(host, "127.0.0.1"))


@case
def address_not_mentioned(host):
    return between(host, [permits("example.org")], names(host, "127.0.0.1"))


@case
def address_excluded(host):
    return between(host, [permits("example.org", excluded=["127.0.0.0/8"])],
                   names(host, "127.0.0.1"))


@case(host="leadingdot.org")
def leading_dot_and_the_domain_itself(host):
    return between(host, [permits(".leadingdot.org")])


@case
def directory_in_between(host):
    return between(host, [permits("dir:Somebody Else")])


@case
def directory_not_critical(host):
    return under(host, root=[permits("dir:Somebody Else", critical=False)])


@case
def directory_excluded(host):
    return under(host, root=[permits(excluded=["dir:Somebody Else"])])


@case
def directory_fits(host):
    return between(host, [permits(f"dir:{host}")])


@case
def email_outside(host):
    return between(host, [permits("email:example.net")], names(host, "email:a@example.org"))


@case
def uri_outside(host):
    return between(host, [permits("uri:example.net")], names(host, "uri:https://a.example.org/"))


@case
def uri_constrained_and_none_there(host):
    return under(host, root=[permits("uri:example.net")])


@case
def common_name_outside(host):
    return between(host, [permits("example.net")], without(NAMES))


@case
def common_name_within(host):
    return between(host, [permits("example.org")], without(NAMES))


@case
def another_common_name_is_outside(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [permits("example.org")])
    return [leaf("other.example.net", middle, names(host)), middle], [root]


@case(host="in.wildover.example.org")
def wildcard_over_what_is_excluded_in_between(host):
    return between(host, [permits(excluded=["bad.wildover.example.org"])],
                   names("*.wildover.example.org"))


@case(host="in.wildbeyond.example.org")
def wildcard_beyond_what_is_permitted(host):
    return between(host, [permits("in.wildbeyond.example.org")], names("*.wildbeyond.example.org"))


@case
def every_name_excluded(host):
    return between(host, [permits(excluded=["dns:"])])


@case
def every_name_permitted(host):
    return between(host, [permits("dns:")])


@case
def constrained_by_itself(host):
    return by_itself(host, permits("example.net"))


@case
def constrained_twin_first(host):
    top = authority(f"Root of {host}")
    twin = authority(f"Root of {host}", key=top.key, more=[permits("example.net")])
    return [leaf(host, top)], [twin, top]
