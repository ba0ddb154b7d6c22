/* Inside trust/: the certificates that a client knows of when it judges a server: those that were
 * sent, and those of its trusted ones that may have to do with them. */
#pragma once

#include "trust/facts.h"
#include "trust/family.h"

struct known_certificate {
    struct facts facts;
    bool is_sent;
    bool is_anchor;
};

struct known {
    struct known_certificate *items; /* each once, the server's own first */
    size_t count, capacity;
    size_t *sent; /* which of them were sent, in that order, also twice */
    size_t sent_count;
    signed char *signed_by; /* count × count: not tried yet, no, yes */
};

/* Gives `out`. ERROR_INPUT: the server's own certificate cannot be read, or none was sent. What
 * else cannot be read is as if it were not there. */
bool known_gather(const struct trust_evidence *evidence, struct known *out, struct error *err);
void known_finish(struct known *known);

/* Has `issuer` the name of the issuer of `which`, and did its key sign it? */
bool known_names(const struct known *known, size_t which, size_t issuer);
bool known_signed(const struct known *known, size_t which, size_t issuer);
