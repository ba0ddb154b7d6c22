/* The local authority: made once, deployed once; its leaves come and go.
 *
 * Shapes: docs/ARCHITECTURE.md, "The certificates we make". Kept as one PEM text, the key (PKCS#8,
 * encrypted where a passphrase was given) and the certificate. Works on bytes. */
#pragma once

#include "certs/cert_plan.h"

/* Borrowed. */
struct authority_wish {
    const char *common_name;
    struct cert_key_choice key;
    int64_t not_before, not_after;
    const struct string_list *domains;  /* "example.org": it and everything below it */
    const struct string_list *networks; /* "192.0.2.7", "192.0.2.0/24" */
    bool unconstrained;                 /* then both are not looked at */
};

/* CA:TRUE critical, pathlen 0, keyUsage keyCertSign and cRLSign critical, SKI, name constraints
 * critical. Gives `out`. Neither domains nor networks: ERROR_INPUT, unless unconstrained. */
bool authority_make(const struct authority_wish *wish, struct cert_material *out,
                    struct error *err);
/* A new certificate for the same key, name and constraints, so that every leaf stays good. */
bool authority_renew(const struct cert_material *authority, int64_t not_before, int64_t not_after,
                     struct cert_material *out, struct error *err);

/* passphrase NULL or "": the key is not encrypted. Encrypted: PBES2, AES-256, PBKDF2 (RFC 8018).
 * Gives `out`: blob_wipe. */
bool authority_write(const struct cert_material *authority, const char *passphrase,
                     struct blob *out, struct error *err);

struct authority_text {
    struct blob certificate; /* DER */
    bool is_encrypted;
};
void authority_text_finish(struct authority_text *text);
/* What can be known without the passphrase. */
bool authority_look(const struct blob *pem, struct authority_text *out, struct error *err);
/* ERROR_PERMISSION: it is encrypted, and the passphrase is missing or wrong. Gives `out`. */
bool authority_read(const struct blob *pem, const char *passphrase, struct cert_material *out,
                    struct error *err);

/* What its name constraints permit, as authority_wish has it. False if it has none. */
bool authority_constraints(const struct blob *certificate, struct string_list *domains,
                           struct string_list *networks);

/* May a leaf of it name this host (a name or wildcard, or an address; normalised)? */
bool authority_permits(const struct blob *certificate, const char *host);

/* A leaf with a new key; `out` holds it, then the authority. A name or address that the constraints
 * do not permit is ERROR_INPUT, which names it and what is permitted; a life beyond the authority's
 * is cut to it. Under constraints a leaf for addresses alone has no common name, since clients hold
 * it against them. */
bool authority_issue(const struct cert_material *authority, const struct server_wish *wish,
                     struct cert_material *out, struct error *err);

/* When a leaf is due: at two thirds of its life. */
int64_t authority_renewal_due(int64_t not_before, int64_t not_after);
