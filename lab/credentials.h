/* A chain as GnuTLS sends it: octet for octet. GnuTLS reads nothing of it, since what the
 * laboratory shows is at times what GnuTLS would neither read nor serve; the public key is the
 * private one's. */
#pragma once

#include "lab/chain.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

struct lab_credentials {
    const struct lab_chain *chain; /* borrowed */
    gnutls_pcert_st certificates[LAB_CHAIN_LIMIT];
    unsigned count;
    gnutls_privkey_t key;
    gnutls_ocsp_data_st staple; /* without a response: none */
    struct lab_credentials *next;
};

bool lab_credentials_create(const struct lab_chain *chain, struct lab_credentials **out,
                            struct error *err);
void lab_credentials_destroy(
    struct lab_credentials *credentials); /* NULL is legal; this one alone */
