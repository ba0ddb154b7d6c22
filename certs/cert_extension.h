/* Extensions of certificates and requests (RFC 5280, section 4.2), as octets ready to be signed.
 *
 * GnuTLS writes some of them and not others (no directoryName, no NUL); these are written here, in
 * DER, for certificates and requests alike. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "base/string_list.h"

struct cert_extension {
    char *oid;
    bool critical;
    struct blob der; /* the value, without the OCTET STRING around it */
};

/* In the order they will stand. Zero-initialised is empty. */
struct cert_extensions {
    struct cert_extension *items;
    size_t count;
};
void cert_extensions_finish(struct cert_extensions *list);

/* Adds one, or takes the place of the one with that identifier. `der` is copied. False: memory. */
bool cert_extensions_set(struct cert_extensions *list, const char *oid, bool critical,
                         const struct blob *der);
struct cert_extension *cert_extensions_find(const struct cert_extensions *list, const char *oid);

/* Appends them as Extensions (RFC 5280, 4.1). The identifiers must be valid (cert_oid_is_valid). */
void cert_extensions_put(const struct cert_extensions *list, struct buffer *out);

#define CERT_OID_ALTERNATIVE_NAME "2.5.29.17"
#define CERT_OID_BASIC_CONSTRAINTS "2.5.29.19"
#define CERT_OID_KEY_USAGE "2.5.29.15"
#define CERT_OID_EXTENDED_KEY_USAGE "2.5.29.37"
#define CERT_OID_NAME_CONSTRAINTS "2.5.29.30"
#define CERT_OID_SUBJECT_KEY_ID "2.5.29.14"
#define CERT_OID_AUTHORITY_KEY_ID "2.5.29.35"
#define CERT_OID_SERVER_AUTH "1.3.6.1.5.5.7.3.1"

/* ---- values; each gives `out`, the extension's DER ---- */

enum cert_alt_kind {
    CERT_ALT_DNS,        /* text: A-labels, as given */
    CERT_ALT_ADDRESS,    /* text: canonical */
    CERT_ALT_EMAIL,      /* text */
    CERT_ALT_URL,        /* text */
    CERT_ALT_DIRECTORY,  /* der: a Name */
    CERT_ALT_REGISTERED, /* text: an object identifier */
    CERT_ALT_OTHER,      /* text: the type's object identifier; der: its value */
};
struct cert_alt_name {
    enum cert_alt_kind kind;
    char *text;
    struct blob der;
};
struct cert_alt_names {
    struct cert_alt_name *items;
    size_t count;
};
void cert_alt_names_finish(struct cert_alt_names *names);
/* Copies; `der` may be NULL. False: memory. */
bool cert_alt_names_add(struct cert_alt_names *names, enum cert_alt_kind kind, const char *text,
                        const struct blob *der);

/* ERROR_INPUT names the one that is not what its kind says. */
bool cert_extension_alternative_names(const struct cert_alt_names *names, struct blob *out,
                                      struct error *err);
bool cert_extension_key_purposes(const struct string_list *oids, struct blob *out,
                                 struct error *err);
/* Bits as certreq numbers them, which is how the first two octets of the BIT STRING read:
 * 0x80 digitalSignature … 0x01 encipherOnly, 0x8000 decipherOnly. */
bool cert_extension_key_usage(unsigned bits, struct blob *out, struct error *err);
/* path_length -1: no limit. */
bool cert_extension_basic_constraints(bool is_authority, int path_length, struct blob *out,
                                      struct error *err);
/* Permitted subtrees: domains ("example.org": it and everything below), and networks
 * ("192.0.2.0/24", a bare address is that address alone). Where there are domains but no networks,
 * every address is excluded, and the other way round: what is not named is not allowed. */
bool cert_extension_name_constraints(const struct string_list *domains,
                                     const struct string_list *networks, struct blob *out,
                                     struct error *err);

enum { CERT_OID_SIZE = 128 };
/* An object identifier's text, shorter than CERT_OID_SIZE: digits and dots, at least two arcs, the
 * first two in range, each below 2^63? */
bool cert_oid_is_valid(const char *text);
