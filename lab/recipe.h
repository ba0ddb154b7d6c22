/* What a leaf says, as its recipe has it. */
#pragma once

#include "certs/cert_extension.h"
#include "lab/chain.h"

/* A Name. Gives `out`, DER. */
bool recipe_subject(const struct lab_scenario *scenario, const struct lab_place *place,
                    struct blob *out, struct error *err);

/* Adds to `list`, also on failure. */
bool recipe_extensions(const struct lab_scenario *scenario, const struct lab_place *place,
                       const struct blob *key, const struct blob *issuer_key,
                       struct cert_extensions *list, struct error *err);
