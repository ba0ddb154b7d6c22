/* Inside certs/ and lab/: what a private key adds to a certificate or a request: its public half,
 * and its signature. */
#pragma once

#include "certs/cert_plan.h"

#include <gnutls/abstract.h>

enum { SIGNING_KEY_ID_SIZE = 20 };

/* A key's public half, as certificates hold it. */
struct public_half {
    struct blob der;                       /* SubjectPublicKeyInfo */
    unsigned char id[SIGNING_KEY_ID_SIZE]; /* SHA-1 of that */
};
void public_half_finish(struct public_half *half);

/* A key with what it is to sign with. */
struct signing {
    gnutls_privkey_t key;
    gnutls_sign_algorithm_t algorithm;
    gnutls_digest_algorithm_t hash;
    bool pss;
};
void signing_finish(struct signing *signing); /* wipes the key */

/* `key`: DER, in any form but encrypted. ERROR_INPUT where such a key makes no such signature. */
bool signing_begin(const struct blob *key, enum cert_hash hash, bool pss, struct signing *out,
                   struct error *err);
bool signing_public_half(const struct signing *signing, struct public_half *out, struct error *err);

/* The AlgorithmIdentifier of its signatures (RFC 3279, 4055, 5758, 8410). */
void signing_put_algorithm(const struct signing *signing, struct buffer *out);

/* Signs the one element that `der` holds, and gives both as a SIGNED (X.509): the element, the
 * algorithm, the signature. Empties `der`. Gives `out`. */
bool signing_close(const struct signing *signing, struct buffer *der, struct blob *out,
                   struct error *err);
