/* One certificate with its chain and key, judged once and never changed after.
 *
 * Counted; safe from any thread. What GnuTLS needs to serve it is built at its first handshake. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "base/string_list.h"

#include <gnutls/abstract.h>
#include <stdint.h>

enum cert_key_type {
    CERT_KEY_RSA = 1 << 0,
    CERT_KEY_RSA_PSS = 1 << 1,
    CERT_KEY_ECDSA = 1 << 2, /* P-256, P-384, P-521 */
    CERT_KEY_EDDSA = 1 << 3, /* Ed25519, Ed448 */
    CERT_KEY_OTHER = 0,      /* none that a server can use here: read, but refused by cert_create */
    CERT_KEY_ANY = 0xf,
};

enum { CERT_FINGERPRINT_SIZE = 32, CERT_THUMBPRINT_SIZE = 20 };

/* What a certificate says of itself (RFC 5280). Plain data, borrowed from the cert. */
struct cert_info {
    char *subject;     /* RFC 4514 */
    char *issuer;      /* RFC 4514 */
    char *common_name; /* the subject's; NULL if it has none */
    struct string_list
        dns_names; /* dNSName, normalised where possible (certs/names.h), else as they stand */
    struct string_list addresses; /* iPAddress, canonical text */
    bool has_alternative_names;   /* of any type: then the common name names nothing (RFC 9525) */
    char *serial;                 /* upper-case hex, no separators */
    unsigned char fingerprint[CERT_FINGERPRINT_SIZE]; /* SHA-256 of the DER */
    unsigned char thumbprint[CERT_THUMBPRINT_SIZE];   /* SHA-1 of the DER: what Windows shows */
    int64_t not_before, not_after;
    enum cert_key_type key_type;
    unsigned key_bits;
    char *key_name;    /* "ECDSA P-256", "RSA 2048" */
    char *signature;   /* "ECDSA-SHA256" */
    bool self_issued;  /* subject and issuer are equal */
    bool is_authority; /* basicConstraints CA:TRUE */
};

/* Reads what a DER certificate says. Gives `out`. */
bool cert_info_read(const struct blob *der, struct cert_info *out, struct error *err);
bool cert_info_copy(const struct cert_info *info, struct cert_info *out); /* false: no memory */
void cert_info_finish(struct cert_info *info);

/* Does this host name or address (normalised) stand in the certificate? SAN; the common name only
 * where there is no SAN at all. `exact`: without wildcards. */
bool cert_info_names(const struct cert_info *info, const char *host, bool exact);

/* Names, then addresses, in one array that ends with NULL; the array is the caller's, the texts are
 * borrowed. NULL: out of memory. */
const char **cert_info_name_list(const struct cert_info *info);

/* "AB:CD:…" upper-case hex with colons. Newly allocated. */
char *fingerprint_text(const unsigned char *bytes, size_t size);

struct cert;

/* The raw material of an entry; the caller's. */
struct cert_material {
    struct blob *chain; /* DER, the leaf first, then each one's issuer */
    size_t chain_count;
    struct blob key;                  /* DER, PKCS#8 or the type's own form */
    struct blob staple;               /* OCSP response (RFC 6960), empty if none */
    struct cert_judgement *judgement; /* cert_read's, which spares cert_create its own; or NULL */
};
void cert_material_finish(struct cert_material *material); /* wipes the key */

/* Judges: the leaf parses and the key is the leaf's (ERROR_INPUT otherwise). Copies the material.
 * The staple must have been judged by staple_check. `staple_until` is its nextUpdate. */
bool cert_create(const char *name, const struct cert_material *material, int64_t staple_until,
                 struct cert **out, struct error *err);
struct cert *cert_acquire(const struct cert *cert);
void cert_release(struct cert *cert); /* NULL is legal; the last one wipes the key */

const char *cert_name(const struct cert *cert); /* the entry's */
const struct cert_info *cert_info(const struct cert *cert);
size_t cert_chain_count(const struct cert *cert);
const struct blob *cert_chain(const struct cert *cert, size_t i); /* DER */
/* For export alone: the private key, DER. Whoever copies it wipes the copy. */
const struct blob *cert_key(const struct cert *cert);
bool cert_same(const struct cert *a, const struct cert *b); /* equal chain, key and staple */
bool cert_valid_at(const struct cert *cert, int64_t now);

/* The certificate a client must trust for this chain to hold: the last of the chain if it is
 * self-issued or the only one, else the topmost certificate that was sent. DER, borrowed. */
const struct blob *cert_anchor(const struct cert *cert);

/* What GnuTLS borrows during a handshake; lives as long as the cert. */
struct cert_credentials {
    gnutls_pcert_st *chain;
    unsigned chain_count;
    gnutls_privkey_t key;
};

/* Built at the first call (any thread), kept for the next ones. NULL and `err` if GnuTLS will not
 * build it, which cert_create should have found out. */
const struct cert_credentials *cert_credentials(const struct cert *cert, struct error *err);

/* The response to staple at `now`, NULL if there is none or it is over. Borrowed. */
const struct blob *cert_staple(const struct cert *cert, int64_t now);
