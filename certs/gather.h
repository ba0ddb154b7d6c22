/* Several files together, in any form and order: what somebody has in hand before it is an entry.
 *
 * Beside cert_read.h, which reads the files that the store's names say belong together. Works on
 * bytes. */
#pragma once

#include "certs/cert_read.h"

struct cert_gathering;
bool cert_gathering_create(struct cert_gathering **out, struct error *err);
void cert_gathering_destroy(struct cert_gathering *gathering); /* wipes; NULL is legal */

/* Takes what a file holds: PEM, DER, PKCS#7, PKCS#8, PKCS#12. `password` NULL: none is known.
 * ERROR_PERMISSION: it is encrypted, and the password is missing or wrong. Errors begin with the
 * file's name; on failure nothing of the file is taken. What is there already is not taken twice.
 */
bool cert_gathering_add(struct cert_gathering *gathering, const struct cert_file *file,
                        const char *password, struct error *err);
/* A key from elsewhere, DER. */
bool cert_gathering_add_key(struct cert_gathering *gathering, const struct blob *der,
                            struct error *err);

size_t cert_gathering_count(const struct cert_gathering *gathering); /* of certificates */
const struct blob *cert_gathering_at(const struct cert_gathering *gathering, size_t i); /* DER */
size_t cert_gathering_key_count(const struct cert_gathering *gathering);
/* What a PKCS#12 calls the key or its certificate; NULL: nothing. Borrowed. */
const char *cert_gathering_friendly_name(const struct cert_gathering *gathering);

/* Is one of the certificates this key's (DER)? */
bool cert_gathering_matches(const struct cert_gathering *gathering, const struct blob *key);

/* The key with its certificate and the issuers of that, in order, up to a root where the files have
 * one; what does not belong to them is left out. ERROR_INPUT says what is missing: certificate,
 * key, or a key that matches. Gives `out`.
 */
bool cert_gathering_join(const struct cert_gathering *gathering, struct cert_material *out,
                         struct error *err);
