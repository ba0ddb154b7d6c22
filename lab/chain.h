/* A scenario's certificate with all that is sent: a recipe, followed. */
#pragma once

#include "lab/authorities.h"

enum { LAB_CHAIN_LIMIT = 6 };

struct lab_chain {
    struct blob certificates[LAB_CHAIN_LIMIT]; /* DER, in the order in which they are sent */
    size_t count;
    struct blob key;    /* DER */
    struct blob staple; /* an OCSP response; empty: none */
    unsigned char serial[16];
    bool is_anchor; /* LAB_BY_ITSELF_TRUSTED: belongs among the trust anchors */
};
void lab_chain_finish(struct lab_chain *chain);

/* Where the run of that chain stands. Borrowed. */
struct lab_place {
    const char *domain;  /* "lab.localhost" */
    const char *address; /* "127.0.0.1" */
    uint16_t index_port; /* where revocation is told: http://ADDRESS:PORT/crl, …/ocsp */
    int64_t now;
};

enum lab_made { LAB_MADE, LAB_NOT_YET /* a key is being made */, LAB_NOT_MADE /* see the error */ };

/* `turn`: of a scenario that changes, its first certificate or the second (0, 1). Gives `out`. */
enum lab_made lab_chain_make(const struct lab_scenario *scenario, const struct lab_place *place,
                             const struct lab_keys *keys, struct lab_authorities *authorities,
                             unsigned turn, struct lab_chain *out, struct error *err);
