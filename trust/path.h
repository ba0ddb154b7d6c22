/* Inside trust/: the way from a certificate to one that is trusted.
 *
 * GnuTLS says whether a chain holds; of one that does not it says too little to mend it, and it
 * follows the first way it finds. So the way is sought here: first among certificates that are
 * valid now and may issue, then among all. */
#pragma once

#include "base/error.h"
#include "certs/cert.h"
#include "trust/anchors.h"

/* A certificate on the way. */
struct trust_step {
    gnutls_x509_crt_t crt; /* borrowed */
    struct cert_info info;
};

struct trust_path {
    gnutls_x509_crt_t *sent; /* all that were, the server's own first */
    size_t sent_count;
    struct trust_step *steps; /* from the server's own on, each issued by the next */
    size_t count;
    bool is_anchored; /* the last step is trusted; else it is the last that was found */
    /* Where it is not anchored: a certificate has the issuer's name, but did not sign the last. */
    bool has_impostor;
};

/* Gives `out`. ERROR_INPUT: a certificate that cannot be read. */
bool trust_path_find(const struct blob *chain, size_t count, const struct trust_anchors *anchors,
                     int64_t now, struct trust_path *out, struct error *err);
void trust_path_finish(struct trust_path *path);
