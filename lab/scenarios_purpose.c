/* May the key be used for this, and is it strong enough? */
#include "lab/scenarios.h"

#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define ANY_PURPOSE "2.5.29.37.0"
enum { USAGE_SIGNATURE = 0x80, USAGE_KEY_AGREEMENT = 0x08, USAGE_CERT_SIGN = 0x04 };

static const struct lab_scenario rows[] = {
    {
        .name = "no-purpose",
        .group = LAB_PURPOSE,
        .expected = LAB_EITHER,
        .what = "The certificate has no extended key usage.",
        .right = "May do either: without that extension every purpose is allowed, but Apple's "
                 "clients demand serverAuth.",
        .source = "RFC 5280, section 4.2.1.12; Apple, Requirements for trusted certificates in "
                  "iOS 13 and macOS 10.15 (103769)",
        .recipe = {.purposes = ""},
    },
    {
        .name = "client-purpose",
        .group = LAB_PURPOSE,
        .expected = LAB_REFUSE,
        .what = "The extended key usage is clientAuth alone.",
        .right = "Refuses it: where the extension is there, the certificate is for what it lists "
                 "and nothing else.",
        .source = "RFC 5280, section 4.2.1.12",
        .recipe = {.purposes = CLIENT_AUTH},
    },
    {
        .name = "any-purpose",
        .group = LAB_PURPOSE,
        .expected = LAB_EITHER,
        .what = "The extended key usage is anyExtendedKeyUsage, without serverAuth.",
        .right = "May do either: a client may insist on the very purpose it needs.",
        .source = "RFC 5280, section 4.2.1.12",
        .recipe = {.purposes = ANY_PURPOSE},
    },
    {
        .name = "no-key-usage",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The certificate has no keyUsage.",
        .right = "Accepts it: without that extension the key may be used for anything.",
        .source = "RFC 5280, section 4.2.1.3; CA/Browser Forum, Baseline Requirements, section "
                  "7.1.2.7.11",
        .recipe = {.usage = LAB_USAGE_NONE},
    },
    {
        .name = "key-usage-wrong",
        .group = LAB_PURPOSE,
        .expected = LAB_REFUSE,
        .what = "The keyUsage is keyAgreement alone, while every handshake that is left needs a "
                "signature.",
        .right = "Refuses it: digitalSignature must be set where there is a keyUsage.",
        .source = "RFC 8446, section 4.4.2.2; RFC 8422, section 5.3",
        .recipe = {.usage = USAGE_KEY_AGREEMENT},
    },
    {
        .name = "leaf-is-authority",
        .group = LAB_PURPOSE,
        .expected = LAB_EITHER,
        .what = "The server's certificate is that of an authority: CA:TRUE, with keyCertSign and "
                "digitalSignature.",
        .right = "May do either: no public authority may issue it, and Firefox refuses it, but "
                 "RFC 5280 does not ask for that.",
        .source = "CA/Browser Forum, Baseline Requirements, section 7.1.2.7.8; RFC 5280, section "
                  "6.1.5",
        .recipe = {.constraints = LAB_CA_TRUE, .usage = USAGE_SIGNATURE | USAGE_CERT_SIGN},
    },
    {
        .name = "sha-1",
        .group = LAB_PURPOSE,
        .expected = LAB_REFUSE,
        .what = "The certificate is signed with SHA-1.",
        .right = "Refuses it: collisions have been found, with which a signature fits a "
                 "certificate that its issuer never saw.",
        .source = "RFC 8446, section 4.4.2.4; CA/Browser Forum, Baseline Requirements, section "
                  "7.1.3.2",
        .recipe = {.issuer = LAB_BY_RSA, .signature = LAB_SHA1},
    },
    {
        .name = "sha-1-intermediate",
        .group = LAB_PURPOSE,
        .expected = LAB_REFUSE,
        .what = "The intermediate is signed with SHA-1, the certificate below it with SHA-256.",
        .right = "Refuses it: a path is as weak as its weakest signature.",
        .source = "RFC 8446, section 4.4.2.4; CA/Browser Forum, Baseline Requirements, section "
                  "7.1.3.2",
        .recipe = {.issuer = LAB_BY_SHA1_INTERMEDIATE},
    },
    {
        .name = "md5",
        .group = LAB_PURPOSE,
        .expected = LAB_REFUSE,
        .what = "The certificate is signed with MD5.",
        .right = "Refuses it: a client must; a false authority was made that way in 2008.",
        .source = "RFC 8446, section 4.4.2.4; RFC 6151, section 2",
        .recipe = {.issuer = LAB_BY_RSA, .signature = LAB_MD5},
    },
    {
        .name = "rsa-1024",
        .group = LAB_PURPOSE,
        .expected = LAB_REFUSE,
        .what = "The key is RSA of 1,024 bits.",
        .right = "Refuses it: such a key is within reach of whoever can pay for the computers.",
        .source = "Apple, Requirements for trusted certificates in iOS 13 and macOS 10.15 "
                  "(103769); CA/Browser Forum, Baseline Requirements, section 6.1.5; RFC 9325, "
                  "section 4.5",
        .recipe = {.key = LAB_RSA_1024},
    },
    {
        .name = "rsa-2048",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The key is RSA of 2,048 bits.",
        .right = "Accepts it: RSA signatures are among those every client must know, and the "
                 "length suffices.",
        .source = "RFC 8446, section 9.1; CA/Browser Forum, Baseline Requirements, section 6.1.5",
        .recipe = {.key = LAB_RSA_2048},
    },
    {
        .name = "rsa-4096",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The key is RSA of 4,096 bits.",
        .right = "Accepts it: 2,048 bits are a least length, and public authorities issue for "
                 "more.",
        .source = "RFC 8446, section 9.1; CA/Browser Forum, Baseline Requirements, section 6.1.5",
        .recipe = {.key = LAB_RSA_4096},
    },
    {
        .name = "rsa-exponent-3",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The key is RSA of 2,048 bits with the public exponent 3.",
        .right = "Accepts it: an odd exponent of 3 or more is allowed, however unusual; it is "
                 "careless checks of padding that made it dangerous.",
        .source = "RFC 8017, section 3.1; CA/Browser Forum, Baseline Requirements, section 6.1.6",
        .recipe = {.key = LAB_RSA_EXPONENT_3},
    },
    {
        .name = "rsa-pss-key",
        .group = LAB_PURPOSE,
        .expected = LAB_EITHER,
        .what = "The key is an RSA key for RSASSA-PSS alone.",
        .right = "May do either: no client must know that kind of key, and public authorities may "
                 "not issue for it.",
        .source = "RFC 8446, sections 4.2.3 and 9.1; CA/Browser Forum, Baseline Requirements, "
                  "section 7.1.3.1.1",
        .recipe = {.key = LAB_RSA_PSS},
    },
    {
        .name = "rsa-pss-signature",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The certificate is signed with RSASSA-PSS by an ordinary RSA key.",
        .right =
            "Accepts it: whoever speaks TLS 1.3 must know that signature, on certificates, too.",
        .source = "RFC 8446, sections 4.2.3 and 9.1; CA/Browser Forum, Baseline Requirements, "
                  "section 7.1.3.2.1",
        .recipe = {.issuer = LAB_BY_RSA, .signature = LAB_PSS_SHA256},
    },
    {
        .name = "p-256",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The key is on the curve P-256; it was signed with an RSA key, so that the path "
                "holds two kinds.",
        .right = "Accepts it: every client must know the curve, and each signature is checked by "
                 "its own issuer's kind of key.",
        .source = "RFC 8446, section 9.1; RFC 8422, section 5.3",
        .recipe = {.key = LAB_P256, .issuer = LAB_BY_RSA},
    },
    {
        .name = "p-384",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The key is on the curve P-384.",
        .right = "Accepts it: public authorities issue for that curve, and every browser knows it.",
        .source = "CA/Browser Forum, Baseline Requirements, sections 6.1.5 and 7.1.3.1.2; RFC "
                  "8446, section 4.2.3",
        .recipe = {.key = LAB_P384},
    },
    {
        .name = "sha-384",
        .group = LAB_PURPOSE,
        .expected = LAB_ACCEPT,
        .what = "The certificate is signed with SHA-384 by a key on the curve P-256: a hash that "
                "is longer than the key.",
        .right = "Accepts it: the hash is cut to the curve's length; which hash goes with which "
                 "curve is fixed for TLS 1.3's handshakes alone.",
        .source = "RFC 5758, section 3.2; FIPS 186-5, section 6.4",
        .recipe = {.signature = LAB_SHA384},
    },
    {
        .name = "ed25519",
        .group = LAB_PURPOSE,
        .expected = LAB_EITHER,
        .what = "The key is an Ed25519 key.",
        .right = "May do either: no client must know that kind of key, no browser does, and "
                 "public authorities may not issue for it.",
        .source = "RFC 8446, section 9.1; RFC 8410; CA/Browser Forum, Baseline Requirements, "
                  "section 6.1.5",
        .recipe = {.key = LAB_ED25519},
    },
};

const struct lab_scenarios lab_scenarios_purpose = {rows, sizeof rows / sizeof *rows};
