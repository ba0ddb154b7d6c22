"""Other extensions, and serial numbers."""

from family_cases import between, by_itself, case, under
from shapes import (MUST_STAPLE, OCTET_STRING, SEQUENCE, authority, general_name, issuer_key, leaf,
                    names, oid, policies, policy_constraints, subject_key, tlv, unknown)


@case
def must_staple(host):
    return under(host, MUST_STAPLE)


@case
def must_staple_alone(host):
    return by_itself(host, MUST_STAPLE)


@case(staple=True)
def must_staple_and_staples(host):
    return under(host, MUST_STAPLE)


@case
def middle_must_staple(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [MUST_STAPLE])
    return [leaf(host, middle), middle], [root]


@case
def critical_unknown(host):
    return under(host, unknown(True))


@case
def critical_unknown_alone(host):
    return by_itself(host, unknown(True))


@case
def harmless_unknown(host):
    return under(host, unknown(False))


@case
def critical_unknown_root(host):
    return under(host, root=[unknown(True)])


@case
def critical_unknown_middle(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [unknown(True)])
    return [leaf(host, middle), middle], [root]


@case
def critical_must_staple(host):
    number, _, value = MUST_STAPLE
    return under(host, (number, True, value))


@case
def critical_subject_key(host):
    return under(host, ("2.5.29.14", True, subject_key(b"\1" * 20)[2]))


@case
def critical_policies(host):
    return under(host, policies("1.3.6.1.4.1.5555.3", critical=True))


@case
def policy_is_required(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [policy_constraints(0)])
    return [leaf(host, middle), middle], [root]


@case
def policy_is_required_and_there(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [policy_constraints(0),
                                                  policies("1.3.6.1.4.1.5555.3")])
    return [leaf(host, middle, policies("1.3.6.1.4.1.5555.3")), middle], [root]


@case
def serial_of_zero(host):
    return under(host, serial=0)


@case
def serial_below_zero(host):
    return under(host, serial=-4711)


@case
def serial_of_25_octets(host):
    return under(host, serial=1 << 199)


@case
def root_must_staple(host):
    return under(host, root=[MUST_STAPLE])


@case
def policy_is_required_below(host):
    root = authority(f"Root of {host}")
    upper = authority(f"Upper of {host}", root, [policy_constraints(1)])
    lower = authority(f"Lower of {host}", upper)
    return [leaf(host, lower), lower, upper], [root]


@case
def policy_is_required_far_below(host):
    root = authority(f"Root of {host}")
    upper = authority(f"Upper of {host}", root, [policy_constraints(3)])
    lower = authority(f"Lower of {host}", upper)
    return [leaf(host, lower), lower, upper], [root]


@case
def policies_differ(host):
    return between(host, [policy_constraints(0), policies("1.3.6.1.4.1.5555.3")],
                   policies("1.3.6.1.4.1.5555.4"))


@case
def any_policy(host):
    return between(host, [policy_constraints(0), policies("2.5.29.32.0")],
                   policies("1.3.6.1.4.1.5555.4"))


@case
def policy_is_required_by_the_root(host):
    return under(host, root=[policy_constraints(0)])


@case
def policy_is_required_alone(host):
    return by_itself(host, policy_constraints(0))


@case
def policy_is_required_not_critical(host):
    return between(host, [policy_constraints(0, critical=False)])


@case
def critical_inhibit_any_policy(host):
    return between(host, [("2.5.29.54", True, b"\x02\x01\x00")])


@case
def critical_policy_mappings(host):
    mapping = tlv(SEQUENCE, oid("1.3.6.1.4.1.5555.3"), oid("1.3.6.1.4.1.5555.4"))
    return between(host, [("2.5.29.33", True, tlv(SEQUENCE, mapping))])


LIST_POINT = tlv(SEQUENCE, tlv(SEQUENCE, tlv(0xa0, tlv(0xa0, general_name(
    "uri:http://lists.example.org/list.crl")))))
ACCESS = tlv(SEQUENCE, tlv(SEQUENCE, oid("1.3.6.1.5.5.7.48.1"),
                           general_name("uri:http://ocsp.example.org/")))


@case
def critical_list_points(host):
    return under(host, ("2.5.29.31", True, LIST_POINT))


@case
def critical_freshest_list(host):
    return under(host, ("2.5.29.46", True, LIST_POINT))


@case
def critical_access(host):
    return under(host, ("1.3.6.1.5.5.7.1.1", True, ACCESS))


@case
def critical_issuer_names(host):
    return under(host, ("2.5.29.18", True, names(host)[2]))


@case
def critical_netscape_type(host):
    return under(host, ("2.16.840.1.113730.1.1", True, b"\x03\x02\x06\x40"))


@case
def critical_no_check(host):
    return under(host, ("1.3.6.1.5.5.7.48.1.5", True, b"\x05\x00"))


@case
def critical_issuer_key(host):
    top = authority(f"Root of {host}")
    number, _, value = issuer_key(top.identifier)
    return [leaf(host, top, (number, True, value)), top], [top]


@case
def critical_timestamps(host):
    return under(host, ("1.3.6.1.4.1.11129.2.4.2", True, tlv(OCTET_STRING, b"\0\0")))


@case
def poisoned(host):
    """A precertificate (RFC 6962, 3.1)."""
    return under(host, ("1.3.6.1.4.1.11129.2.4.3", True, b"\x05\x00"))
