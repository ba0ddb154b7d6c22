/* What clients must trust for an entry. */
#pragma once

#include "certs/cert.h"
#include "ctl/place.h"

/* The last certificate of its chain; or, where that is the local authority's and has been renewed
 * since for the same key, the newer one, which ends later. A copy, DER. Gives `out`. */
bool anchor_find(const struct place *place, const struct cert *cert, struct blob *out,
                 struct error *err);
