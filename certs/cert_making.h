/* Inside certs/: a plan on its way to a certificate or a request, with what follows from the keys.
 */
#pragma once

#include "certs/cert_plan.h"
#include "certs/signing.h"

struct making {
    const struct cert_plan *plan; /* borrowed */
    struct signing signing;       /* the issuer's key; of a request its own */
    struct public_half half;      /* of the key it is about */
    struct blob subject;          /* DER */
    struct cert_extensions extensions;
};

/* `key`: the subject's. `issuer_key`: who signs, the same for what is self-signed. On failure, too,
 * `making` must be finished. */
bool making_begin(struct making *making, const struct cert_plan *plan, const struct blob *key,
                  const struct blob *issuer_key, struct error *err);
void making_finish(struct making *making);

/* Unless the plan has brought one. */
bool making_add_authority_key_id(struct making *making, const void *id, size_t size,
                                 struct error *err);
