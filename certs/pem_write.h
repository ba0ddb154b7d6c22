/* Inside certs/: writing PEM (RFC 7468). Reading: certs/pem.h. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

struct pem_part {
    const char *label; /* "CERTIFICATE" */
    const struct blob *der;
};

/* One block behind the other. What may be a key is left nowhere in memory but in `out`, which is
 * given, with a NUL behind it that does not count: blob_wipe. */
bool pem_write(const struct pem_part *parts, size_t count, struct blob *out, struct error *err);
