/* RSA keys as nobody should make them: any size, any public exponent. GnuTLS lets neither be chosen
 * freely, and cannot be stopped. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdatomic.h>

struct rsa_key_choice {
    unsigned bits;     /* of the modulus, an even number */
    unsigned exponent; /* odd, at least 3 */
    bool pss;          /* for RSASSA-PSS alone (RFC 4055, 1.2), without parameters */
};

/* An RSAPrivateKey (RFC 8017, A.1.2), for RSASSA-PSS in PKCS#8. False without an error once `stop`
 * (may be NULL) is set, within some milliseconds. Gives `out`. */
bool rsa_key_make(struct rsa_key_choice choice, const atomic_bool *stop, struct blob *out,
                  struct error *err);
