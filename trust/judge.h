/* Does a client that trusts these anchors and uses this name stay silent? Chain building and
 * verification after RFC 5280, by GnuTLS.
 *
 * When each condition holds:
 *
 * "named": a host name or address stands in a subject alternative name, where clients look. With a
 * common name alone it does not hold, since Chromium, Firefox and Go refuse such a certificate. It
 * is about the certificate, whatever name is used.
 *
 * "used": the name that the client uses is one of those in the certificate; where there are no
 * alternative names, the common name.
 *
 * "issuer": from the certificate a chain of certificates, sent or known to the client, leads to one
 * that it trusts, and each may issue the next, has a key of a kind that browsers take, and was
 * signed with an algorithm that is still good.
 * It says nothing of dates. A self-signed certificate is to be trusted itself.
 *
 * "current": each certificate of that chain, as far as it leads, is valid now.
 *
 * What some clients refuse does not hold. With a reservation holds what depends on how a client was
 * made to trust. */
#pragma once

#include "certs/cert.h"
#include "trust/conditions.h"

/* Certificates that a client trusts. */
struct trust_anchors;
/* The system's (where GnuTLS was told they are). ERROR_MISSING: it has none. */
bool trust_anchors_of_system(struct trust_anchors **out, struct error *err);
/* A file with PEM or DER certificates, or a folder of such files, in which others are passed over.
 * ERROR_INPUT: there is none. */
bool trust_anchors_of_path(const char *path, struct trust_anchors **out, struct error *err);
/* These certificates (DER), or none. */
bool trust_anchors_of_chain(const struct blob *chain, size_t count, struct trust_anchors **out,
                            struct error *err);
/* Adds those of `more`, which stays as it is. False: out of memory. */
bool trust_anchors_join(struct trust_anchors *anchors, const struct trust_anchors *more,
                        struct error *err);
void trust_anchors_destroy(struct trust_anchors *anchors);       /* NULL is legal */
size_t trust_anchors_count(const struct trust_anchors *anchors); /* each once */

struct trust_finding {
    bool holds;
    char *reason; /* where it does not hold, or holds with a reservation; one sentence; NULL if
                     there is nothing to say */
    char *mend;   /* NULL if there is nothing to do */
};
struct trust_judgement {
    struct trust_finding findings[TRUST_CONDITION_COUNT];
    bool silent;  /* all four hold */
    char *anchor; /* the subject of the anchor the chain ends in (RFC 4514), NULL if in none */
};
void trust_judgement_finish(struct trust_judgement *judgement);

/* `chain`: DER, the server's own first, the others as they are sent, in any order. `host`: a name
 * or address as a client uses it, normalised. `anchors`: NULL where nothing is known of them, so
 * that "issuer" never holds. Gives `out`. ERROR_INPUT: a certificate that cannot be read. */
bool trust_judge(const struct blob *chain, size_t count, const char *host,
                 const struct trust_anchors *anchors, int64_t now, struct trust_judgement *out,
                 struct error *err);
