/* Is the certificate for the host that was asked for? */
#include "lab/scenarios.h"

static const struct lab_scenario rows[] = {
    {
        .name = "right",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "Nothing is wrong: a P-256 key, the host as alternative name, 90 days, an "
                "intermediate.",
        .right = "Accepts it. A client that refuses this one does not trust the laboratory's "
                 "root; its other refusals mean nothing.",
        .source = "RFC 5280, section 6.1; RFC 9525, section 6",
    },
    {
        .name = "wrong-host",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The certificate is for another host, in its common name and in its alternative "
                "names.",
        .right = "Refuses it: whoever holds a certificate for some host could else pass for any.",
        .source = "RFC 9525, section 6.3; RFC 9110, section 4.3.4",
        .recipe = {.subject = "CN=elsewhere.%", .names = "dns:elsewhere.%"},
    },
    {
        .name = "common-name-only",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The host stands in the common name alone; there are no alternative names.",
        .right = "Refuses it: the common name is no reference identity of https any more.",
        .source = "RFC 9110, section 4.3.4; RFC 9525, appendix A",
        .recipe = {.names = ""},
    },
    {
        .name = "common-name-beside-names",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The host stands in the common name, while the alternative names hold another one.",
        .right = "Refuses it: where there are alternative names, the common name was never looked "
                 "at.",
        .source = "RFC 2818, section 3.1; RFC 6125, section 6.4.4",
        .recipe = {.names = "dns:elsewhere.%"},
    },
    {
        .name = "address",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "The client goes to an IP address, which stands among the alternative names as "
                "one.",
        .right = "Accepts it: the octets of the iPAddress are those of the address.",
        .source = "RFC 9525, section 6.4; RFC 9110, section 4.3.5",
        .host = "!",
        .recipe = {.subject = "O=Laboratory", .names = "ip:!"},
    },
    {
        .name = "address-wrong",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The client goes to an IP address, and the certificate is for another address.",
        .right = "Refuses it: each octet must be the same.",
        .source = "RFC 9525, section 6.4",
        .host = "!",
        .recipe = {.subject = "O=Laboratory", .names = "ip:192.0.2.1"},
    },
    {
        .name = "address-as-dns",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The client goes to an IP address, which stands among the alternative names as "
                "the text of a DNS name.",
        .right = "Refuses it: an address is matched against iPAddress alone.",
        .source = "RFC 9110, section 4.3.5; RFC 5280, section 4.2.1.6",
        .host = "!",
        .recipe = {.subject = "O=Laboratory", .names = "dns:!"},
    },
    {
        .name = "address-as-common-name",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The client goes to an IP address, which stands in the common name alone.",
        .right = "Refuses it: an address is matched against iPAddress alone.",
        .source = "RFC 9110, section 4.3.5; RFC 9525, section 6.4",
        .host = "!",
        .recipe = {.subject = "CN=!", .names = ""},
    },
    {
        .name = "wildcard",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "A wildcard stands for the host's first label.",
        .right = "Accepts it: the wildcard is the whole leftmost label and stands for exactly one.",
        .source = "RFC 9525, section 6.3",
        .recipe = {.subject = "O=Laboratory", .names = "dns:*.%"},
    },
    {
        .name = "wildcard-too-deep",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "A wildcard would have to stand for two labels.",
        .right = "Refuses it: a wildcard stands for one label.",
        .source = "RFC 9525, section 6.3",
        .host = "two.wildcard-too-deep.%",
        .recipe = {.subject = "O=Laboratory", .names = "dns:*.%"},
    },
    {
        .name = "wildcard-for-nothing",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "A wildcard would have to stand for no label: the host is what follows it.",
        .right = "Refuses it: a wildcard stands for one label, never for none.",
        .source = "RFC 9525, section 6.3",
        .recipe = {.subject = "O=Laboratory", .names = "dns:*.@"},
    },
    {
        .name = "wildcard-bare",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The alternative name is \"*\" and nothing else.",
        .right = "Refuses it: one label cannot stand for a whole name, else it would stand for "
                 "every host there is.",
        .source = "RFC 9525, section 6.3; CA/Browser Forum, Baseline Requirements, section 1.6.1 "
                  "(Wildcard Domain Name)",
        .recipe = {.subject = "O=Laboratory", .names = "dns:*"},
    },
    {
        .name = "wildcard-partial",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The wildcard is a part of its label: \"wild*\".",
        .right = "Refuses it: a wildcard must be the whole label, and such a name is ignored.",
        .source = "RFC 9525, section 6.3",
        .recipe = {.subject = "O=Laboratory", .names = "dns:wild*.%"},
    },
    {
        .name = "wildcard-inside",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The wildcard is the second label, behind one that is written out.",
        .right = "Refuses it: a wildcard must be the leftmost label, and such a name is ignored.",
        .source = "RFC 9525, section 6.3",
        .host = "www.wildcard-inside.%",
        .recipe = {.subject = "O=Laboratory", .names = "dns:www.*.%"},
    },
    {
        .name = "mixed-case",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "The alternative name is written with capitals, the host without.",
        .right = "Accepts it: names are compared without regard to the case of ASCII letters.",
        .source = "RFC 9525, section 6.3; RFC 4343, section 2",
        .recipe = {.names = "dns:MiXeD-CaSe.%"},
    },
    {
        .name = "no-subject",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "The subject is empty; the alternative names, critical then, say it all.",
        .right = "Accepts it: the extension is known to every client, and the subject is of no "
                 "use for https.",
        .source = "RFC 5280, sections 4.1.2.6 and 4.2.1.6",
        .recipe = {.subject = "", .names_critical = true},
    },
    {
        .name = "internationalised",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "The host is an internationalised name, in the host and in the certificate as "
                "A-label.",
        .right = "Accepts it: A-labels are compared like any other label.",
        .source = "RFC 9525, section 6.3; RFC 5890, section 2.3.2.1",
        .host = "xn--mnchen-3ya.%",
        .recipe = {.subject = "CN=@"},
    },
    {
        .name = "internationalised-raw",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The host is an internationalised name, which the certificate holds as UTF-8 "
                "instead of an A-label.",
        .right = "Refuses it: an IA5String holds ASCII alone, and a name is compared as A-label.",
        .source = "RFC 5280, section 7.2; RFC 9549, section 2",
        .host = "xn--bcher-kva.%",
        .recipe = {.subject = "O=Laboratory",
                   .names = "dns:b\xC3\xBC"
                            "cher.%"},
    },
    {
        .name = "underscore",
        .group = LAB_NAMES,
        .expected = LAB_EITHER,
        .what = "Beside the host stands another alternative name, which has an underscore.",
        .right = "May do either: that name is not of the preferred syntax and no public authority "
                 "may issue it, but the host is named, and nobody asks clients to look at the "
                 "others.",
        .source = "RFC 5280, section 4.2.1.6; CA/Browser Forum, Baseline Requirements, section "
                  "7.1.2.7.12",
        /* Not the host itself: GnuTLS ends a handshake whose server name has an underscore. */
        .recipe = {.names = "dns:@ dns:under_score.%"},
    },
    {
        .name = "trailing-dot",
        .group = LAB_NAMES,
        .expected = LAB_EITHER,
        .what = "The alternative name ends with a dot; otherwise it is the host.",
        .right = "May do either: the preferred syntax has no such dot, but the name is the same "
                 "one for the DNS.",
        .source = "RFC 5280, section 4.2.1.6; RFC 1034, sections 3.1 and 3.5",
        .recipe = {.subject = "O=Laboratory", .names = "dns:@."},
    },
    {
        .name = "nul",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The alternative name is the host, a NUL octet, and the name of somebody else's "
                "domain.",
        .right = "Refuses it: the name is all its octets, and the owner of that domain would else "
                 "pass for any host.",
        .source = "RFC 5280, section 4.2.1.6; CVE-2009-2408",
        .recipe = {.subject = "O=Laboratory", .names = "dns:@\\0.elsewhere.example"},
    },
    {
        .name = "thousand-names",
        .group = LAB_NAMES,
        .expected = LAB_ACCEPT,
        .what = "The host is one of 1,000 alternative names: the certificate is larger than a TLS "
                "record.",
        .right = "Accepts it: neither the number of names has a limit, nor must a message fit "
                 "into one record.",
        .source = "RFC 5280, section 4.2.1.6; RFC 8446, sections 4.4.2 and 5.1",
        .recipe = {.more_names = 999},
    },
    {
        .name = "name-in-uri",
        .group = LAB_NAMES,
        .expected = LAB_REFUSE,
        .what = "The host stands in an alternative name that is a URI; none is a DNS name.",
        .right = "Refuses it: https goes by DNS names and addresses, and by nothing else.",
        .source = "RFC 9110, section 4.3.4; RFC 9525, section 6.3",
        .recipe = {.subject = "O=Laboratory", .names = "uri:https://@/"},
    },
};

const struct lab_scenarios lab_scenarios_names = {rows, sizeof rows / sizeof *rows};
