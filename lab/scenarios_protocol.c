/* What the server does beside showing a certificate, which is right in all but one of these. */
#include "lab/scenarios.h"

static const struct lab_scenario rows[] = {
    {
        .name = "tls-1-2",
        .group = LAB_PROTOCOL,
        .expected = LAB_ACCEPT,
        .what = "The server speaks TLS 1.2 and no other version.",
        .right = "Accepts it: every client must support TLS 1.2.",
        .source = "RFC 9325, section 3.1.1",
        .behaviour = LAB_TLS12_ALONE,
    },
    {
        .name = "tls-1-3",
        .group = LAB_PROTOCOL,
        .expected = LAB_ACCEPT,
        .what = "The server speaks TLS 1.3 and no other version.",
        .right = "Accepts it: a client that does not know TLS 1.3 is behind by years.",
        .source = "RFC 9325, section 3.1.1",
        .behaviour = LAB_TLS13_ALONE,
    },
    {
        .name = "tls-1-0",
        .group = LAB_PROTOCOL,
        .expected = LAB_REFUSE,
        .what = "The server speaks TLS 1.0 and no other version.",
        .right = "Refuses it: TLS 1.0 must not be used.",
        .source = "RFC 8996, section 4",
        .behaviour = LAB_TLS10_ALONE,
    },
    {
        .name = "name-unknown-fatal",
        .group = LAB_PROTOCOL,
        .expected = LAB_REFUSE,
        .what = "The server answers no server name: whatever the client calls it, it ends the "
                "handshake with the fatal alert unrecognized_name.",
        .right = "Gives up, and does not try again without a name, with an older version, or "
                 "without TLS.",
        .source = "RFC 6066, section 3; RFC 8446, section 6.2",
        .behaviour = LAB_UNKNOWN_NAME_FATAL,
    },
    {
        .name = "name-unknown-warning",
        .group = LAB_PROTOCOL,
        .expected = LAB_EITHER,
        .what = "The server sends the alert unrecognized_name as a warning, and goes on with the "
                "right certificate (TLS 1.2).",
        .right = "May do either: servers are advised against it, since what clients make of it "
                 "cannot be foreseen.",
        .source = "RFC 6066, section 3",
        .behaviour = LAB_UNKNOWN_NAME_WARNING,
    },
    {
        .name = "stalls",
        .group = LAB_PROTOCOL,
        .expected = LAB_REFUSE,
        .what = "The server takes the ClientHello and says nothing.",
        .right = "Gives up after a time, and says so; it does not wait for ever and sends nothing "
                 "unprotected.",
        .source = "RFC 9325, section 3.2; RFC 8446, section 6.2",
        .behaviour = LAB_STALLS,
    },
    {
        .name = "closes",
        .group = LAB_PROTOCOL,
        .expected = LAB_REFUSE,
        .what = "The server closes the connection in the middle of the handshake, after its "
                "certificate.",
        .right = "Gives up: a handshake that did not finish authenticated nobody, and trying an "
                 "older version would be what an attacker wants.",
        .source = "RFC 8446, sections 4.4.4 and 6.1; RFC 7507, section 1",
        .behaviour = LAB_CLOSES,
    },
    {
        .name = "changes",
        .group = LAB_PROTOCOL,
        .expected = LAB_ACCEPT,
        .what = "Each connection gets another certificate with another key; both are right.",
        .right = "Accepts both: each stands for itself, and servers behind one address have their "
                 "own.",
        .source = "RFC 5280, section 6.1; RFC 9525, section 6.6",
        .behaviour = LAB_CHANGES,
        .connections = 2,
    },
    {
        .name = "foreign-key",
        .group = LAB_PROTOCOL,
        .expected = LAB_REFUSE,
        .what = "The certificate is right, but the server does not have its key: it signs the "
                "handshake with another.",
        .right = "Refuses it: a certificate is public, only its key makes it the server's own.",
        .source = "RFC 8446, section 4.4.3; RFC 5246, section 7.4.3; CVE-2014-1266",
        .recipe = {.foreign_key = true},
    },
};

const struct lab_scenarios lab_scenarios_protocol = {rows, sizeof rows / sizeof *rows};
