/* The certificate that the daemon makes by itself, so that it always has one to serve. */
#pragma once

#include "base/error.h"
#include "base/string_list.h"
#include "certs/cert_make.h"

#include <stdint.h>

/* Plain data, borrowed. */
struct first_certificate {
    enum cert_shape shape;
    struct cert_key_choice key;
    const struct string_list *names; /* beside the host's own: DNS names and addresses */
};

/* Makes it: CERT_GENERATED_NAME.pem with its key (blob_wipe). */
bool first_certificate_make(const struct first_certificate *wish, int64_t now, struct blob *pem,
                            struct error *err);

/* The host's names and addresses (as it would be made with) that the certificate does not name. */
bool first_certificate_missing(const struct first_certificate *wish, const struct cert_info *info,
                               struct string_list *out, struct error *err);
