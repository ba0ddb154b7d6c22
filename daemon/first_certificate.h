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

/* Makes it and writes CERT_GENERATED_NAME.pem (0600) into the store's folder, whole or not at all.
 * Without `replace` a file of that name stays, ERROR_EXISTS. */
bool first_certificate_make(const struct first_certificate *wish, const char *folder, bool replace,
                            int64_t now, struct error *err);

/* The host's names and addresses (as it would be made with) that the certificate does not name. */
bool first_certificate_missing(const struct first_certificate *wish, const struct cert_info *info,
                               struct string_list *out, struct error *err);
