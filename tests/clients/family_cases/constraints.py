"""Name constraints in odd forms; tests/clients/family_cases/authorities.py has the usual ones."""

from family_cases import between, case, under
from shapes import (IA5, PRINTABLE, SEQUENCE, authority, common_name, leaf, name_part, names,
                    permits, tlv)


def subtrees(*bases, distance=b""):
    """Permitted ones, of GeneralNames."""
    return "2.5.29.30", True, tlv(SEQUENCE, tlv(0xa0, *(
        tlv(SEQUENCE, base, distance) for base in bases)))


def network(octets):
    return tlv(0x87, bytes(octets))


def domain(text):
    return tlv(0x82, text.encode())


@case
def constraints_that_are_empty(host):
    return between(host, [("2.5.29.30", True, tlv(SEQUENCE))])


@case
def constraints_without_subtrees(host):
    return between(host, [subtrees()])


@case
def constraints_with_a_minimum(host):
    return between(host, [subtrees(domain("example.org"), distance=tlv(0x80, b"\1"))])


@case
def constraints_with_a_maximum(host):
    return between(host, [subtrees(domain("example.org"), distance=tlv(0x81, b"\1"))])


@case
def constraints_with_holes(host):
    return between(host, [subtrees(network([192, 0, 2, 1, 255, 0, 255, 255]))],
                   names(host, "192.0.2.1"))


@case
def constraints_with_half_a_network(host):
    return between(host, [subtrees(network(5 * [0]))])


@case
def constraints_twice(host):
    return between(host, [permits("example.org"), permits("example.net")])


@case
def constraints_in_capitals(host):
    return between(host, [permits("EXAMPLE.ORG")])


@case
def directory_as_another_string(host):
    return between(host, [subtrees(tlv(0xa4, tlv(SEQUENCE, common_name(host, PRINTABLE))))])


@case
def directory_and_no_subject(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [permits("dir:Nobody")])
    return [leaf("", middle, names(host, critical=True)), middle], [root]


@case
def email_in_the_subject(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [permits("email:example.net")])
    mail = name_part("1.2.840.113549.1.9.1", "a@example.org", IA5)
    own = leaf(tlv(SEQUENCE, common_name(host), mail), middle, names(host))
    return [own, middle], [root]


@case
def uri_within(host):
    return between(host, [permits("uri:a.example.org")],
                   names(host, "uri:https://a.example.org:80/x"))


@case
def uri_below(host):
    return between(host, [permits("uri:example.org")], names(host, "uri:https://a.example.org/x"))


@case
def uri_below_a_dot(host):
    return between(host, [permits("uri:.example.org")], names(host, "uri:https://a.example.org/x"))


@case(host="a.exceptdeep.example.org")
def wildcard_above_what_is_excluded(host):
    return between(host, [permits(excluded=["x.y.exceptdeep.example.org"])],
                   names("*.exceptdeep.example.org"))


@case
def excluded_networks_beside(host):
    return between(host, [permits("example.org", excluded=["0.0.0.0/0"])], names(host, "192.0.2.1"))


@case
def root_constrained_by_nothing(host):
    return under(host, root=[("2.5.29.30", True, tlv(SEQUENCE))])
