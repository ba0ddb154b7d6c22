"""Names, and hosts that clients ask for."""

from family_cases import by_itself, case, under
from shapes import NAMES, SEQUENCE, authority, common_name, leaf, names, tlv, without


@case
def common_name_alone(host):
    return under(host, without(NAMES))


@case
def common_name_alone_self_signed(host):
    return by_itself(host, without(NAMES))


@case
def other_name(host):
    return under(host, names("other.example.org"))


@case
def other_name_than_the_common_one(host):
    return under(host, names("other.example.org", "192.0.2.1"))


@case
def common_name_beside_email(host):
    return under(host, names("email:admin@example.org"))


@case
def common_name_beside_address(host):
    return under(host, names("192.0.2.1"))


@case(host="deep.wild-ok.example.org")
def wildcard(host):
    return under(host, names("*.wild-ok.example.org"))


@case(host="a.b.wild.example.org")
def wildcard_two_labels_up(host):
    return under(host, names("*.wild.example.org"))


@case(host="wild-self.example.org")
def wildcard_at_its_own_domain(host):
    return under(host, names("*.wild-self.example.org"))


@case(host="fancy.partial.example.org")
def wildcard_within_a_label(host):
    return under(host, names("f*.partial.example.org"))


@case(host="mid.wildmid.example.org")
def wildcard_in_the_middle(host):
    return under(host, names("mid.*.example.org"))


@case(host="barewildcard")
def wildcard_alone(host):
    return under(host, names("*"))


@case(host="archive.wildlocal")
def wildcard_of_a_top_level(host):
    return under(host, names("*.wildlocal"))


@case(host="host.co.uk")
def wildcard_of_a_public_suffix(host):
    return under(host, names("*.co.uk"))


@case(host="a.b.twowild.example.org")
def two_wildcards(host):
    return under(host, names("*.*.twowild.example.org"))


@case(host="common.cnwild.example.org")
def wildcard_as_common_name(host):
    top = authority(f"Root of {host}")
    return [leaf("*.cnwild.example.org", top, without(NAMES)), top], [top]


@case(host="mail_box.example.org")
def underscore(host):
    return under(host)


@case(host="mail_box2.under.example.org")
def underscore_by_wildcard(host):
    return under(host, names("*.under.example.org"))


@case(host="shortname")
def one_label(host):
    return under(host)


@case(host="upper.example.org")
def upper_case(host):
    return under(host, names("UPPER.Example.ORG"))


@case
def trailing_dot(host):
    return under(host, names(f"{host}."))


@case(host="xn--bcher-kva.example.org")
def international(host):
    return under(host)


@case
def name_behind_a_bad_one(host):
    return under(host, names("not a name", host))


@case
def name_before_a_bad_one(host):
    return under(host, names(host, "not a name"))


@case
def name_behind_an_address_as_name(host):
    return under(host, names("dns:192.0.2.1", host))


@case
def name_behind_a_bare_wildcard(host):
    return under(host, names("*", host))


@case
def name_behind_a_bad_address(host):
    return under(host, names("hex:0102030405", host))


@case
def many_kinds_of_names(host):
    return under(host, names("email:a@example.org", "uri:https://x.example.org/", "dir:Somebody",
                             "192.0.2.1", host))


@case(host="127.0.0.1")
def address(host):
    return under(host, names("127.0.0.1"))


@case(host="127.0.0.1")
def address_as_dns_name(host):
    return under(host, names("dns:127.0.0.1"))


@case(host="127.0.0.1")
def address_as_common_name(host):
    return under(host, without(NAMES))


@case(host="127.0.0.1")
def address_as_both(host):
    return under(host, names("dns:127.0.0.1", "127.0.0.1"))


@case(host="127.0.0.1")
def address_mapped(host):
    return under(host, names("hex:00000000000000000000ffff7f000001"))


@case
def no_subject(host):
    top = authority(f"Root of {host}")
    return [leaf("", top, names(host, critical=True)), top], [top]


@case
def no_subject_and_names_not_critical(host):
    top = authority(f"Root of {host}")
    return [leaf("", top, names(host))], [top]


@case
def critical_names(host):
    return under(host, names(host, critical=True))


@case
def empty_names(host):
    return under(host, names())


@case
def bad_uri(host):
    return under(host, names("uri:https://[bad", host))


@case
def uri_with_a_strange_host(host):
    return under(host, names("uri:https://a..b/", host))


@case
def uri_with_a_strange_port(host):
    return under(host, names("uri:https://a.example.org:x/", host))


@case
def letters_beyond_ascii(host):
    return under(host, names("dns:bücher.example.org", host))


@case
def letters_beyond_ascii_in_an_email_address(host):
    return under(host, names("email:bücher@example.org", host))


@case
def nul_in_a_name(host):
    return under(host, names(f"dns:{host}\0.evil.org"))


@case
def nul_in_another_name(host):
    return under(host, names("dns:other\0.evil.org", host))


@case(host="xn--bcher-kva.wildidn.example.org")
def wildcard_for_an_a_label(host):
    return under(host, names("*.wildidn.example.org"))


@case(host="a.upperwild.example.org")
def wildcard_in_upper_case(host):
    return under(host, names("*.UPPERWILD.example.org"))


@case(host="foobar.suffixwild.example.org")
def wildcard_at_the_end_of_a_label(host):
    return under(host, names("*bar.suffixwild.example.org"))


@case(host="x.dotwild.example.org")
def wildcard_with_a_trailing_dot(host):
    return under(host, names("*.dotwild.example.org."))


@case(host="archive.wildcn")
def wildcard_of_a_top_level_as_common_name(host):
    top = authority(f"Root of {host}")
    return [leaf("*.wildcn", top, without(NAMES)), top], [top]


@case(host="blog.github.io")
def wildcard_of_a_private_suffix(host):
    return under(host, names("*.github.io"))


@case(host="xn--mnchen-3ya.oddidn.example.org")
def wildcard_within_an_a_label(host):
    return under(host, names("x*.oddidn.example.org"))


@case
def address_behind_a_uri(host):
    return under(host, names(f"uri:https://{host}/"))


@case
def name_as_a_directory(host):
    return under(host, names(f"dir:{host}"))


@case(host="127.0.0.1")
def address_of_eight_octets(host):
    return under(host, names("hex:7f000001ffffffff"))


@case(host="127.0.0.1")
def address_by_wildcard(host):
    return under(host, names("dns:*.0.0.1"))


@case
def two_common_names(host):
    top = authority(f"Root of {host}")
    subject = tlv(SEQUENCE, common_name("other.example.org"), common_name(host))
    return [leaf(subject, top, without(NAMES)), top], [top]


@case
def two_common_names_the_wrong_one_last(host):
    top = authority(f"Root of {host}")
    subject = tlv(SEQUENCE, common_name(host), common_name("other.example.org"))
    return [leaf(subject, top, without(NAMES)), top], [top]
