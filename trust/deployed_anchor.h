/* What clients must be made to trust for an entry: one answer for all who hand it out. */
#pragma once

#include "certs/cert_set.h"

/* Where a certificate is looked for that the entry does not send. Borrowed. */
struct deployed_anchor_places {
    const struct blob *authority;   /* the local authority's, DER; NULL: there is none */
    const struct cert_set *entries; /* whose chains may have it; NULL: none */
};

/* The root to which the entry's chain leads: the last certificate of the chain or, where that is
 * not its own issuer, what is found above it. Where the local authority has been renewed since for
 * the same key, the newer one, unless it ends earlier: under the same name and key it verifies what
 * was issued under the other, so that clients need no third. Not its own issuer where nothing leads
 * to a root. A copy, DER. Gives `out`. */
bool deployed_anchor_find(const struct cert *cert, const struct deployed_anchor_places *places,
                          struct blob *out, struct error *err);
