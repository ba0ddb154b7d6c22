/* Does a client that trusts these anchors and uses this name stay silent? Chain building and
 * verification after RFC 5280, by GnuTLS. */
#pragma once

#include "certs/cert.h"
#include "trust/conditions.h"

/* Certificates that a client trusts. */
struct trust_anchors;
/* The system's (where GnuTLS was told they are). */
bool trust_anchors_of_system(struct trust_anchors **out, struct error *err);
/* A file with PEM or DER certificates, or a folder of such files. */
bool trust_anchors_of_path(const char *path, struct trust_anchors **out, struct error *err);
void trust_anchors_destroy(struct trust_anchors *anchors); /* NULL is legal */
size_t trust_anchors_count(const struct trust_anchors *anchors);

struct trust_finding {
    bool holds;
    char *reason; /* where it does not hold, or holds with a reservation (common name only); one
                     sentence; NULL if there is nothing to say */
    char *mend;   /* NULL if there is nothing to do */
};
struct trust_judgement {
    struct trust_finding findings[TRUST_CONDITION_COUNT];
    bool silent;  /* all four hold */
    char *anchor; /* the subject of the anchor the chain ends in (RFC 4514), NULL if in none */
};
void trust_judgement_finish(struct trust_judgement *judgement);

/* `host`: a name or address as a client uses it, normalised. */
bool trust_judge(const struct blob *chain, size_t count, const char *host,
                 const struct trust_anchors *anchors, int64_t now, struct trust_judgement *out,
                 struct error *err);
