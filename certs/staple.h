/* Judging an OCSP response before it is stapled (RFC 6960, RFC 6066 section 8). */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

/* Is this DER response successful, about `leaf`, good, signed by `issuer` or by a responder it
 * delegated to (NULL: the issuer is not known, the signature stays unjudged), and current at `now`?
 * `until`: its nextUpdate (or thisUpdate + 7 days if it has none). The error says which of these
 * fails. */
bool staple_check(const struct blob *response, const struct blob *leaf, const struct blob *issuer,
                  int64_t now, int64_t *until, struct error *err);
