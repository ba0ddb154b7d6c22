/* Making keys and certificates in the shapes that every client we can run accepts.
 *
 * Shapes and why: docs/ARCHITECTURE.md, "The certificates we make". */
#pragma once

#include "certs/cert.h"

enum cert_shape {
    CERT_SHAPE_MODERN,  /* SAN, EKU serverAuth, SKI, AKI; no basicConstraints, no keyUsage */
    CERT_SHAPE_CLASSIC, /* as the original makes it: the common name alone */
};

enum cert_key_family { CERT_FAMILY_ECDSA, CERT_FAMILY_RSA };

/* A kind of key to be made. Zero-initialised is P-256, as is any other `bits` of 0. */
struct cert_key_choice {
    enum cert_key_family family;
    unsigned bits; /* RSA: the modulus; ECDSA: 256, 384 or 521 */
};
enum { CERT_KEY_CHOICE_SIZE = 24 };
/* "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048" to "rsa-4096" (any multiple of 64 bits);
 * false if the word is none of them. */
bool cert_key_choice_parse(const char *word, struct cert_key_choice *out);
/* The word; returns `out`. */
const char *cert_key_choice_name(struct cert_key_choice choice,
                                 char out[static CERT_KEY_CHOICE_SIZE]);

/* What to make; plain data, borrowed. */
struct cert_wish {
    enum cert_shape shape;
    struct cert_key_choice key;
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
