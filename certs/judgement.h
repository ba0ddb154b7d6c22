/* Inside certs/: the judgement that a key is a certificate's, kept so that it is made once. */
#pragma once

#include "certs/parsed.h"

struct cert_judgement {
    struct cert_info info; /* of the leaf */
    unsigned char key_hash[CERT_FINGERPRINT_SIZE];
};

/* Reads the leaf and judges the key, whose public half is known to be the leaf's: a kind that a
 * server can use, and its two halves belong together. `key_der` is what it is kept as. */
bool judgement_create(gnutls_x509_crt_t leaf, const struct blob *leaf_der,
                      gnutls_x509_privkey_t key, const struct blob *key_der,
                      struct cert_judgement **out, struct error *err);
void judgement_destroy(struct cert_judgement *judgement);

/* The same from DER alone, the public halves compared as well. */
bool judgement_make(const struct blob *leaf_der, const struct blob *key_der,
                    struct cert_judgement **out, struct error *err);

/* Was it made of these? Whoever holds the material may have changed it since. */
bool judgement_is_of(const struct cert_judgement *judgement, const struct blob *leaf_der,
                     const struct blob *key_der);
