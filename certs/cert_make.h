/* Making keys and certificates in the shapes that every client we can run accepts.
 *
 * Shapes and why: docs/ARCHITECTURE.md, "The certificates we make". */
#pragma once

#include "certs/cert.h"

enum cert_shape {
    CERT_SHAPE_MODERN,  /* SAN, EKU serverAuth, SKI, AKI; no basicConstraints, no keyUsage */
    CERT_SHAPE_CLASSIC, /* as the original makes it: the common name alone */
};

enum cert_key_choice {
    CERT_MAKE_ECDSA_P256,
    CERT_MAKE_ECDSA_P384,
    CERT_MAKE_RSA_2048,
    CERT_MAKE_RSA_3072,
    CERT_MAKE_RSA_4096,
};
/* "ecdsa-p256", "rsa-2048", …; false if the word is none of them. */
bool cert_key_choice_parse(const char *word, enum cert_key_choice *out);
const char *cert_key_choice_name(enum cert_key_choice choice);

/* What to make; plain data, borrowed. */
struct cert_wish {
    enum cert_shape shape;
    enum cert_key_choice key;
    const char *common_name;
    const struct string_list *dns_names; /* normalised; ignored by the classic shape */
    const struct string_list *addresses; /* canonical text; likewise */
    int64_t not_before, not_after;
};

/* A self-signed certificate with a new key: SHA-256, version 3, a random positive serial of 16
 * octets. Gives `out`. */
bool cert_make_self_signed(const struct cert_wish *wish, struct cert_material *out,
                           struct error *err);

/* One PEM file: the key (PKCS#8) and then the chain, as the store keeps it. Gives `out`: wipe it.
 */
bool cert_to_pem(const struct cert_material *material, struct blob *out, struct error *err);

/* notAfter for a life of `years` from `not_before`, the same day and time of day. */
int64_t years_after(int64_t not_before, int years);
