/* What clients must trust for an entry, of what the store and the state folder hold. */
#pragma once

#include "certs/cert.h"
#include "ctl/place.h"

/* As deployed_anchor_find says. A copy, DER. Gives `out`. */
bool anchor_find(const struct place *place, const struct cert *cert, struct blob *out,
                 struct error *err);
