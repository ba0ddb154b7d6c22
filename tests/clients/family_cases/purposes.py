"""What a certificate says it is for."""

from family_cases import between, by_itself, case, under
from shapes import (ANY_PURPOSE, BASIC, CERT_SIGN, CLIENT, DIGITAL_SIGNATURE, EMAIL, KEY_AGREEMENT,
                    KEY_ENCIPHERMENT, NON_REPUDIATION, OCSP_SIGNING, PRIVATE_PURPOSE, PURPOSES,
                    SERVER, STEP_UP, USAGE, authority, constraints, leaf, new_key, purposes, usage,
                    without)


NETSCAPE_TYPE = "2.16.840.1.113730.1.1"


@case
def usage_alone(host):
    return by_itself(host, usage(DIGITAL_SIGNATURE))


@case
def no_authority_alone(host):
    return by_itself(host, constraints(False))


@case
def authority_alone(host):
    return by_itself(host, constraints(True))


@case
def authority_alone_with_usage(host):
    return by_itself(host, constraints(True), usage(DIGITAL_SIGNATURE, CERT_SIGN))


@case
def leaf_is_authority(host):
    return under(host, constraints(True), usage(DIGITAL_SIGNATURE, CERT_SIGN))


@case
def leaf_is_authority_without_usage(host):
    return under(host, constraints(True), without(USAGE))


@case
def leaf_is_authority_that_may_not_sign(host):
    return under(host, constraints(True))


@case
def leaf_with_path_length(host):
    return under(host, constraints(False, 0))


@case
def leaf_without_constraints(host):
    return under(host, without(BASIC))


@case
def signs_certificates_alone(host):
    return by_itself(host, usage(CERT_SIGN))


@case
def leaf_signs_certificates(host):
    return under(host, usage(CERT_SIGN))


@case
def leaf_signs_both(host):
    return under(host, usage(DIGITAL_SIGNATURE, CERT_SIGN))


@case
def key_agreement_alone(host):
    return under(host, usage(KEY_AGREEMENT))


@case
def key_encipherment_alone_rsa(host):
    return under(host, usage(KEY_ENCIPHERMENT), key=new_key("rsa2048"))


@case
def key_encipherment_alone_ecdsa(host):
    return under(host, usage(KEY_ENCIPHERMENT))


@case
def no_usage(host):
    return under(host, without(USAGE))


@case
def not_repudiated(host):
    return under(host, usage(NON_REPUDIATION))


@case
def usage_not_critical(host):
    return under(host, usage(CERT_SIGN, critical=False))


@case
def clients_alone(host):
    return under(host, purposes(CLIENT))


@case
def clients_alone_self_signed(host):
    return by_itself(host, purposes(CLIENT))


@case
def email_alone(host):
    return under(host, purposes(EMAIL))


@case
def any_purpose(host):
    return under(host, purposes(ANY_PURPOSE))


@case
def any_purpose_self_signed(host):
    return by_itself(host, purposes(ANY_PURPOSE))


@case
def private_purpose(host):
    return under(host, purposes(PRIVATE_PURPOSE))


@case
def step_up_alone(host):
    return under(host, purposes(STEP_UP))


@case
def any_and_clients(host):
    return under(host, purposes(CLIENT, ANY_PURPOSE))


@case
def server_and_clients(host):
    return under(host, purposes(SERVER, CLIENT))


@case
def no_purposes(host):
    return under(host, without(PURPOSES))


@case
def no_purposes_alone(host):
    return by_itself(host, without(PURPOSES))


@case
def critical_purposes(host):
    return under(host, purposes(SERVER, critical=True))


@case
def ocsp_signing_too(host):
    return under(host, purposes(SERVER, OCSP_SIGNING))


@case
def root_for_clients(host):
    return under(host, root=[purposes(CLIENT)])


@case
def root_for_servers(host):
    return under(host, root=[purposes(SERVER)])


@case
def root_for_any(host):
    return under(host, root=[purposes(ANY_PURPOSE)])


@case
def middle_for_clients(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [purposes(CLIENT)])
    return [leaf(host, middle), middle], [root]


@case
def middle_for_any(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, [purposes(ANY_PURPOSE)])
    return [leaf(host, middle), middle], [root]


@case
def empty_purposes(host):
    return under(host, purposes())


@case
def empty_purposes_alone(host):
    return by_itself(host, purposes())


@case
def empty_purposes_in_between(host):
    return between(host, [purposes()])


@case
def step_up_in_between(host):
    return between(host, [purposes(STEP_UP)])


@case
def ocsp_signing_alone(host):
    return by_itself(host, purposes(SERVER, OCSP_SIGNING))


@case
def ocsp_signing_in_between(host):
    return between(host, [purposes(SERVER, OCSP_SIGNING)])


@case
def netscape_client(host):
    return under(host, (NETSCAPE_TYPE, False, b"\x03\x02\x07\x80"))


@case
def netscape_client_alone(host):
    return by_itself(host, (NETSCAPE_TYPE, False, b"\x03\x02\x07\x80"))


@case
def netscape_server_in_between(host):
    return between(host, [(NETSCAPE_TYPE, False, b"\x03\x02\x06\x40")])
