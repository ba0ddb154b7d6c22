/* Inside certs/: from a pile to a chain: which certificate is the key's, and who issued whom. */
#pragma once

#include "certs/cert_pile.h"

/* The leaf with its issuers behind it, and its key. `certificate` and `key` name the files in
 * messages; both NULL where files were gathered without an order. Gives `out`. */
bool chain_build(const struct cert_pile *pile, const char *certificate, const char *key,
                 struct cert_material *out, struct error *err);
