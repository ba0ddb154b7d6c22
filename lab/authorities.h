/* The throw-away authorities of one run, and what clients must trust. */
#pragma once

#include "lab/keys.h"

struct lab_authority {
    struct blob certificate; /* DER */
    struct blob subject;     /* its Name, DER */
    const struct blob *key;  /* DER; its own, an RSA one borrowed from the keys */
    enum lab_issuer above;   /* LAB_BY_ROOT, LAB_BY_EXPIRED_ROOT, …; itself: it is a root */
};

struct lab_authorities;

/* `now`: by which "expired" is meant. */
bool lab_authorities_create(const struct lab_keys *keys, const char *domain, int64_t now,
                            struct lab_authorities **out, struct error *err);
void lab_authorities_destroy(struct lab_authorities *authorities); /* NULL is legal */

/* Who signs for LAB_BY_INTERMEDIATE and the like (not LAB_BY_ITSELF…); made at the first question.
 * NULL without an error: a key is not made yet. Borrowed. */
const struct lab_authority *lab_authority(struct lab_authorities *authorities,
                                          enum lab_issuer issuer, struct error *err);
/* An intermediate of the same name as LAB_BY_UNSEEN's, with another key. */
const struct lab_authority *lab_authority_namesake(struct lab_authorities *authorities,
                                                   struct error *err);
