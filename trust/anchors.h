/* Inside trust/: the certificates that a client trusts, as GnuTLS reads them. */
#pragma once

#include <gnutls/x509.h>
#include <stddef.h>

struct trust_anchors {
    gnutls_x509_crt_t *items;
    char **subjects; /* of each, folded (trust/facts.h) */
    size_t count, capacity;
};
