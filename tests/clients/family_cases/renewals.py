"""Certificates that resemble another: the same name, key or serial number."""

from family_cases import by_itself, case, under
from lib.certs import days, now
from shapes import alone, authority, constraints, issuer_key, leaf


@case
def renewed_with_its_key(host):
    old = alone(host)
    return [alone(host, key=old.key)], [old]


@case
def renewed_with_its_key_as_authority(host):
    old = alone(host, constraints(True))
    return [alone(host, constraints(True), key=old.key)], [old]


@case
def renewed_with_its_key_and_the_old_sent(host):
    old = alone(host)
    return [alone(host, key=old.key), old], [old]


@case
def renewed_with_its_key_the_old_one_over(host):
    old = alone(host, begins=now() - days(60), ends=now() - days(30))
    return [alone(host, key=old.key)], [old]


@case
def renewed_with_another_key(host):
    return [alone(host)], [alone(host)]


@case
def itself_under_a_twin(host):
    own = alone(host)
    twin = authority(host, key=own.key)
    return [own, twin], [twin]


@case
def serial_of_its_root(host):
    top = authority(f"Root of {host}", serial=1)
    return [leaf(host, top, serial=1), top], [top]


@case
def serial_of_its_root_which_is_not_sent(host):
    top = authority(f"Root of {host}", serial=1)
    return [leaf(host, top, serial=1)], [top]


@case
def issuer_of_the_issuer(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top, issuer_key(top.identifier, top.serial, top.subject)), top], [top]


@case
def another_issuer_of_the_issuer(host):
    top = authority(f"Root of {host}")
    return [leaf(host, top, issuer_key(top.identifier, top.serial, "Nobody")), top], [top]


@case
def two_that_issued_each_other(host):
    one, other = authority(f"One of {host}"), authority(f"Other of {host}")
    crossed = authority(f"One of {host}", other, key=one.key)
    back = authority(f"Other of {host}", one, key=other.key)
    return [leaf(host, one), crossed, back], [one]


@case
def authority_among_twins(host):
    narrow = authority(f"Root of {host}", more=[constraints(True, 0)])
    wide = authority(f"Root of {host}", key=narrow.key)
    middle = authority(f"Middle of {host}", wide)
    return [leaf(host, middle), middle], [narrow, wide]


@case
def anchor_without_identifiers(host):
    return under(host, root_how={"identifiers": False})


@case
def no_extensions_alone(host):
    return by_itself(host, extensions=(), identifiers=False)
