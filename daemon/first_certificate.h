/* The certificate that the daemon makes by itself, so that it always has one to serve. */
#pragma once

#include "base/error.h"
#include "base/string_list.h"
#include "certs/cert_make.h"

#include <stdint.h>

struct store_change;

/* Plain data, borrowed. */
struct first_certificate {
    enum cert_shape shape;
    struct cert_key_choice key;
    const struct string_list *names; /* beside the host's own: DNS names and addresses */
};

/* Makes it and has the change write CERT_GENERATED_NAME.pem (0600). */
bool first_certificate_put(const struct first_certificate *wish, struct store_change *change,
                           int64_t now, struct error *err);

/* The host's names and addresses (as it would be made with) that the certificate does not name. */
bool first_certificate_missing(const struct first_certificate *wish, const struct cert_info *info,
                               struct string_list *out, struct error *err);
