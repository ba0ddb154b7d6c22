/* Inside certs/: which certificates go by a name, an address or a key type, best first.
 *
 * Built once for a set. A search costs the same for one certificate and for thousands. */
#pragma once

#include "certs/cert.h"

struct cert_index;

enum cert_index_kind {
    CERT_INDEX_ALL,      /* every certificate; the key is "" */
    CERT_INDEX_NAME,     /* "mail.example.org" */
    CERT_INDEX_WILDCARD, /* what follows the star: ".example.org" */
    CERT_INDEX_ADDRESS,  /* canonical text */
};

/* Leaves out the certificate at `except` (SIZE_MAX: none). Borrows the certificates' names; equals
 * stand in the array's order. */
bool cert_index_create(struct cert *const *certs, size_t count, size_t except,
                       struct cert_index **out, struct error *err);
void cert_index_destroy(struct cert_index *index);

struct cert_index_found {
    size_t at; /* in the array */
    bool is_valid;
};

/* The best with keys of this one type: valid now before one that is not, then the latest
 * notBefore. */
bool cert_index_best(const struct cert_index *index, enum cert_index_kind kind, const char *key,
                     enum cert_key_type type, int64_t now, struct cert_index_found *out);
