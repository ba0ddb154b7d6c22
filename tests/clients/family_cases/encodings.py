"""Encodings that are not as RFC 5280 has them, which some readers take and some do not."""

from family_cases import between, case, under
from shapes import (BASIC, GENERALIZED_TIME, PRINTABLE, SEQUENCE, USAGE,
                    UTC_TIME, authority, common_name, constraints, integer, leaf, names, policies,
                    tlv, unknown, usage)

TRUE_AS_ONE = tlv(SEQUENCE, b"\x01\x01\x01")
ACCESS = "1.3.6.1.5.5.7.1.1"


@case
def fourth_version(host):
    return under(host, version=4)


@case
def fourth_version_of_a_stranger(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top), top, authority(f"Stranger to {host}", version=4)], [top]


@case
def true_is_one(host):
    return under(host, (BASIC, True, TRUE_AS_ONE))


@case
def true_is_one_above(host):
    return under(host, root=[(BASIC, True, TRUE_AS_ONE)])


@case
def unused_bits(host):
    return under(host, (USAGE, True, b"\x03\x02\x07\xff"))


@case
def bits_with_an_empty_octet(host):
    return under(host, (USAGE, True, b"\x03\x03\x00\x80\x00"))


@case
def no_bits_above(host):
    return under(host, root=[usage()])


@case
def path_length_below_zero(host):
    return between(host, [(BASIC, True, tlv(SEQUENCE, b"\x01\x01\xff", integer(-1)))])


@case
def path_length_of_300(host):
    return under(host, root=[constraints(True, 300)])


@case
def something_behind_an_extension(host):
    return under(host, (BASIC, True, tlv(SEQUENCE) + b"\x05\x00"))


@case
def extension_twice(host):
    return under(host, unknown(False), unknown(False))


@case
def extension_twice_of_a_stranger(host):
    top = authority(f"Root of {host}")
    stranger = authority(f"Stranger to {host}", more=[unknown(False), unknown(False)])
    return [leaf(host, top), top, stranger], [top]


@case
def empty_name_beside(host):
    return under(host, names("dns:", host))


@case
def empty_uri_beside(host):
    return under(host, names("uri:", host))


@case
def empty_email_beside(host):
    return under(host, names("email:", host))


@case
def uri_with_an_escape(host):
    return under(host, names("uri:https://a%41.example.org/", host))


@case
def uri_with_a_strange_user(host):
    return under(host, names("uri:ldap://us er@x.example.org/", host))


@case
def issuer_names_unreadable(host):
    return under(host, ("2.5.29.18", False, b"\x02\x01\x01"))


@case
def access_unreadable(host):
    return under(host, (ACCESS, False, b"\x02\x01\x01"))


@case
def policies_unreadable(host):
    return under(host, ("2.5.29.32", False, b"\x02\x01\x01"))


@case
def policies_empty(host):
    return under(host, policies())


@case
def policy_twice(host):
    return under(host, policies("1.2.3.4", "1.2.3.4"))


@case
def features_unreadable(host):
    return under(host, ("1.3.6.1.5.5.7.1.24", False, b"\x02\x01\x05"))


@case
def another_feature(host):
    return under(host, ("1.3.6.1.5.5.7.1.24", False, tlv(SEQUENCE, integer(17))))


@case
def policy_constraints_unreadable(host):
    return between(host, [("2.5.29.36", False, b"\x05\x00")])


@case
def policy_constraints_empty(host):
    return between(host, [("2.5.29.36", True, tlv(SEQUENCE))])


@case
def inhibit_any_unreadable(host):
    return between(host, [("2.5.29.54", False, b"\x05\x00")])


@case
def critical_statements(host):
    return under(host, ("1.3.6.1.5.5.7.1.3", True, tlv(SEQUENCE)))


def named(host, text):
    top = authority(tlv(SEQUENCE, common_name(f"{text} of {host}", PRINTABLE)))
    return [leaf(host, top), top], [top]


@case
def printable_ampersand(host):
    return named(host, "Root & Root")


@case
def printable_that_is_not(host):
    return named(host, "Root @ Root")


@case
def printable_asterisk(host):
    return named(host, "Root * Root")


# ---- times

@case
def without_seconds(host):
    return under(host, ends=tlv(UTC_TIME, b"4001010000Z"))


@case
def the_30th_of_february(host):
    return under(host, ends=tlv(UTC_TIME, b"400230000000Z"))


@case
def leap_second(host):
    return under(host, ends=tlv(UTC_TIME, b"401231235960Z"))


@case
def four_digits_too_early(host):
    return under(host, ends=tlv(GENERALIZED_TIME, b"20400101000000Z"))


@case
def since_1950(host):
    return under(host, begins=tlv(UTC_TIME, b"500101000000Z"))


@case
def until_2106(host):
    return under(host, ends=tlv(GENERALIZED_TIME, b"21060207062816Z"))


# ---- sizes

@case
def larger_than_java_takes(host):
    return under(host, names(*(f"host{number}.example.org" for number in range(1600)), host))


@case
def larger_than_go_takes(host):
    return under(host, names(*(f"host{number}.example.org" for number in range(3200)), host))
