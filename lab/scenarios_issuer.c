/* Does the path lead to an anchor, and has it been revoked? */
#include "lab/scenarios.h"

enum { USAGE_CERT_SIGN = 0x04 };

static const struct lab_scenario rows[] = {
    {
        .name = "untrusted-root",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The certificate was signed by a root that nobody trusts.",
        .right = "Refuses it: anybody can make such a root.",
        .source = "RFC 5280, sections 6.1 and 6.1.1 (d)",
        .recipe = {.issuer = LAB_BY_STRANGER},
    },
    {
        .name = "self-signed",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The certificate is self-signed, and is not among the trust anchors.",
        .right = "Refuses it: it is vouched for by nobody but itself.",
        .source = "RFC 5280, section 6.1",
        .recipe = {.issuer = LAB_BY_ITSELF,
                   .constraints = LAB_NO_CONSTRAINTS,
                   .usage = LAB_USAGE_NONE},
    },
    {
        .name = "anchor-bare",
        .group = LAB_ISSUER,
        .expected = LAB_ACCEPT,
        .what = "A self-signed certificate among the trust anchors, with neither basicConstraints "
                "nor keyUsage.",
        .right = "Accepts it: nothing in it speaks against being a server's, nor against being an "
                 "anchor. Every client that was measured does.",
        .source = "RFC 5280, section 6.1; docs/clients.md",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED,
                   .constraints = LAB_NO_CONSTRAINTS,
                   .usage = LAB_USAGE_NONE},
    },
    {
        .name = "anchor-key-usage",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "A self-signed certificate among the trust anchors, without basicConstraints, "
                "whose keyUsage is digitalSignature.",
        .right = "May do either: it may sign handshakes, but not itself, and no document says "
                 "whether an anchor need.",
        .source = "RFC 5280, sections 4.2.1.3 and 6.1; docs/clients.md",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED, .constraints = LAB_NO_CONSTRAINTS},
    },
    {
        .name = "anchor-no-authority",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "A self-signed certificate among the trust anchors that says of itself that it is "
                "no authority.",
        .right = "May do either: no path leads through it, but it is the server's own; no "
                 "document says which counts.",
        .source = "RFC 5280, sections 4.2.1.9 and 6.1; docs/clients.md",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED,
                   .constraints = LAB_CA_FALSE,
                   .usage = LAB_USAGE_NONE},
    },
    {
        .name = "anchor-authority",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "A self-signed certificate among the trust anchors that says of itself that it is "
                "an authority, as OpenSSL makes them.",
        .right = "May do either: it is a right anchor, but a server should not hold an "
                 "authority's key, and Firefox refuses it for that.",
        .source = "RFC 5280, sections 4.2.1.9 and 6.1; docs/clients.md",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED,
                   .constraints = LAB_CA_TRUE,
                   .usage = LAB_USAGE_NONE},
    },
    {
        .name = "anchor-cert-sign",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "A self-signed certificate among the trust anchors whose key may sign "
                "certificates and nothing else.",
        .right = "Refuses it: the key must be one that may sign, and keyUsage does not say so.",
        .source = "RFC 8446, section 4.4.2.2; RFC 5280, section 4.2.1.3",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED,
                   .constraints = LAB_NO_CONSTRAINTS,
                   .usage = USAGE_CERT_SIGN},
    },
    {
        .name = "anchor-version-1",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "A self-signed X.509 certificate of version 1 among the trust anchors: it has a "
                "common name and cannot have alternative names.",
        .right = "Refuses it: the common name is no reference identity, and TLS asks for version "
                 "3.",
        .source = "RFC 8446, section 4.4.2.2; RFC 9110, section 4.3.4",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED, .version_1 = true},
    },
    {
        .name = "incomplete-chain",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The server sends its own certificate alone, without the intermediate, which no "
                "client can have seen elsewhere and which cannot be fetched.",
        .right = "Refuses it: there is no path to an anchor.",
        .source = "RFC 5280, section 6.1; RFC 8446, section 4.4.2",
        .recipe = {.issuer = LAB_BY_UNSEEN, .sent = LAB_SEND_LEAF_ALONE},
    },
    {
        .name = "reversed-chain",
        .group = LAB_ISSUER,
        .expected = LAB_ACCEPT,
        .what = "The certificates above the server's own are sent in the wrong order.",
        .right = "Accepts it: a client should be prepared for any order, and all it needs is "
                 "there.",
        .source = "RFC 8446, section 4.4.2",
        .recipe = {.sent = LAB_SEND_REVERSED},
    },
    {
        .name = "with-root",
        .group = LAB_ISSUER,
        .expected = LAB_ACCEPT,
        .what = "The root is sent along.",
        .right = "Accepts it: that is needless, and harmless: what is sent is trusted for that no "
                 "more and no less.",
        .source = "RFC 8446, section 4.4.2; RFC 5246, section 7.4.2",
        .recipe = {.sent = LAB_SEND_WITH_ROOT},
    },
    {
        .name = "wrong-intermediate",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The intermediate that is sent has the issuer's name, but another key.",
        .right = "Refuses it: the signature is not by that key; a name proves nothing.",
        .source = "RFC 5280, section 6.1.3 (a)(1)",
        .recipe = {.issuer = LAB_BY_UNSEEN, .sent = LAB_SEND_WRONG_INTERMEDIATE},
    },
    {
        .name = "tampered",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The signature on the certificate is not what its issuer wrote: one bit differs.",
        .right = "Refuses it: what was not signed may hold anything.",
        .source = "RFC 5280, section 6.1.3 (a)(1)",
        .recipe = {.tampered = true},
    },
    {
        .name = "issuer-no-authority",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The certificate was signed by one that is no authority: CA:FALSE in its "
                "basicConstraints.",
        .right = "Refuses it: every server could else issue certificates for every other.",
        .source = "RFC 5280, section 6.1.4 (k); CVE-2002-0862",
        .recipe = {.issuer = LAB_BY_NO_AUTHORITY},
    },
    {
        .name = "issuer-no-cert-sign",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The intermediate is an authority whose keyUsage does not allow it to sign "
                "certificates.",
        .right = "Refuses it: where there is a keyUsage, it must hold keyCertSign.",
        .source = "RFC 5280, section 6.1.4 (n)",
        .recipe = {.issuer = LAB_BY_NO_SIGNER},
    },
    {
        .name = "issuer-other-purpose",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "The extended key usage of the intermediate is clientAuth alone.",
        .right = "May do either: browsers let an intermediate's purposes bind what is below it, "
                 "RFC 5280 does not.",
        .source = "RFC 5280, section 4.2.1.12; Mozilla Root Store Policy, section 5.3.1",
        .recipe = {.issuer = LAB_BY_OTHER_PURPOSE},
    },
    {
        .name = "path-too-long",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "There is one more intermediate in the path than the upper one's path length "
                "allows.",
        .right = "Refuses it: the upper authority was not to make others.",
        .source = "RFC 5280, sections 4.2.1.9 and 6.1.4 (l)",
        .recipe = {.issuer = LAB_BY_ONE_TOO_DEEP},
    },
    {
        .name = "constraints-kept",
        .group = LAB_ISSUER,
        .expected = LAB_ACCEPT,
        .what = "The intermediate may issue for the laboratory's domain alone, and the host is in "
                "it.",
        .right = "Accepts it: name constraints are critical here, and every client has to know "
                 "them.",
        .source = "RFC 5280, sections 4.2.1.10 and 6.1.3 (b)",
        .recipe = {.issuer = LAB_BY_CONSTRAINED},
    },
    {
        .name = "constraints-broken",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The intermediate may issue for another domain alone, and the host is not in it.",
        .right = "Refuses it: the authority was not to name this host.",
        .source = "RFC 5280, sections 4.2.1.10 and 6.1.3 (b)",
        .recipe = {.issuer = LAB_BY_CONSTRAINED_ELSEWHERE},
    },
    {
        .name = "constraints-broken-address",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The intermediate may issue for a domain and for no address, and the certificate "
                "is for an address.",
        .right = "Refuses it: every address is excluded.",
        .source = "RFC 5280, sections 4.2.1.10 and 6.1.3 (c)",
        .host = "!",
        .recipe = {.subject = "O=Laboratory", .names = "ip:!", .issuer = LAB_BY_CONSTRAINED},
    },
    {
        .name = "unknown-critical",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The certificate has an extension that nobody knows, and it is critical.",
        .right = "Refuses it: it may say the very thing for which the certificate must not be "
                 "used.",
        .source = "RFC 5280, sections 4.2 and 6.1.5 (f)",
        .recipe = {.unknown_critical = true},
    },
    {
        .name = "revoked",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "The certificate is revoked; it names a revocation list and an OCSP service, and "
                "both say so.",
        .right = "Refuses it if it looks. Whether a client fetches what it would need to know, "
                 "and goes on without, is left to it.",
        .source = "RFC 5280, section 6.1.3 (a)(3); RFC 9325, section 7.5",
        .recipe = {.revoked = true},
    },
    {
        .name = "revoked-stapled",
        .group = LAB_ISSUER,
        .expected = LAB_REFUSE,
        .what = "The certificate is revoked, and the OCSP response that the server staples says "
                "so.",
        .right = "Asks for the response, which costs it nothing, and refuses: a client that has "
                 "one must look at it.",
        .source = "RFC 6066, section 8; RFC 5280, section 6.1.3 (a)(3)",
        .recipe = {.revoked = true, .staple = LAB_STAPLE_REVOKED},
    },
    {
        .name = "must-staple",
        .group = LAB_ISSUER,
        .expected = LAB_ACCEPT,
        .what = "The certificate says that its server staples an OCSP response, and so it does: "
                "good.",
        .right = "Accepts it: what was announced is there.",
        .source = "RFC 7633, section 4.2.3; RFC 6066, section 8",
        .recipe = {.must_staple = true, .staple = LAB_STAPLE_GOOD},
    },
    {
        .name = "must-staple-broken",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "The certificate says that its server staples an OCSP response, and it does not.",
        .right = "May do either: a client that knows the extension should refuse, but it is not "
                 "critical, and need not be known.",
        .source = "RFC 7633, section 4.2.3",
        .recipe = {.must_staple = true},
    },
    {
        .name = "staple-of-another",
        .group = LAB_ISSUER,
        .expected = LAB_EITHER,
        .what = "The OCSP response that the server staples is good, but about another certificate.",
        .right = "Never takes it for an answer about this one. Refuses, or goes on as without a "
                 "response, as it would if it had not asked.",
        .source = "RFC 6066, section 8; RFC 6960, section 3.2",
        .recipe = {.staple = LAB_STAPLE_OF_ANOTHER},
    },
};

const struct lab_scenarios lab_scenarios_issuer = {rows, sizeof rows / sizeof *rows};
