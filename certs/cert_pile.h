/* Inside certs/: what the files of an entry hold, certificates and keys in a pile, before it is
 * known which belong together. */
#pragma once

#include "certs/password.h"

#include <gnutls/x509.h>

enum { CERT_PILE_LIMIT = 512, CERT_PILE_KEY_LIMIT = 16 };

/* In words, and what to do where a certificate or a key was expected; NULL: nothing special. */
struct cert_pile_stranger {
    const char *words, *cert_mend, *key_mend;
};

struct cert_pile {
    struct blob *certs; /* DER */
    size_t cert_count;
    bool has_set; /* some came in PKCS#7, which is a set and has no order */
    gnutls_x509_privkey_t keys[CERT_PILE_KEY_LIMIT];
    size_t key_count;
    /* The first thing in the file that was not wanted, NULL if there was none. */
    const struct cert_pile_stranger *stranger;
    char *friendly_name; /* of a key or its certificate in a PKCS#12; NULL: none */
};

void cert_pile_finish(struct cert_pile *pile); /* wipes the keys */

/* Copies the octets, unseen. */
bool cert_pile_add_cert(struct cert_pile *pile, const void *der, size_t size, struct error *err);
/* Takes the key, also on failure. */
bool cert_pile_add_key(struct cert_pile *pile, gnutls_x509_privkey_t key, struct error *err);

/* CERT_PILE_ALONE: for no entry of the store, so that what mends it speaks of none. */
enum { CERT_PILE_CERTS = 1, CERT_PILE_KEYS = 2, CERT_PILE_ALONE = 4 };

/* PEM or DER. What is not wanted (CERT_PILE_…, or-ed) is passed over. Errors do not name the
 * file: the caller prefixes it. */
bool cert_pile_add_file(struct cert_pile *pile, const struct cert_file *file, unsigned wanted,
                        const struct password *password, struct error *err);
/* PKCS#12 (RFC 7292): everything in it. Likewise. */
bool cert_pile_add_pkcs12(struct cert_pile *pile, const struct cert_file *file,
                          const struct password *password, struct error *err);
