/* CMS SignedData (RFC 5652) around a file: what Apple's devices take as a signed profile. */
#pragma once

#include "certs/cert.h"

/* With the content and the signer's chain in it, and no signed attributes, hence no time: the same
 * again from the same RSA key. ERROR_INPUT: the signer has no key or certificate, or one that
 * cannot sign this way. DER. Gives `out`. */
bool signed_data_write(const struct blob *content, const struct cert_material *signer,
                       struct blob *out, struct error *err);
