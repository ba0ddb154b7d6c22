/* Inside trust/: what one certificate says, gathered once, so that a rule of a client is a plain
 * condition on it.
 *
 * Everything but the texts borrows from the certificate's DER, of which the facts hold a copy.
 * Structure follows RFC 5280; what clients make of it is the rules' (trust/family_rules.c). */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <gnutls/x509.h>
#include <stdint.h>

/* Octets within the certificate. */
struct fact_span {
    const unsigned char *data; /* NULL: not there */
    size_t size;
};
bool fact_span_equal(struct fact_span a, struct fact_span b);

/* GeneralName's tags (RFC 5280, 4.2.1.6). */
enum fact_name_kind {
    FACT_NAME_EMAIL = 1,
    FACT_NAME_DNS = 2,
    FACT_NAME_DIRECTORY = 4,
    FACT_NAME_URI = 6,
    FACT_NAME_ADDRESS = 7,
};
struct fact_name {
    int kind; /* also those that have no word above */
    struct fact_span value;
};
struct fact_names {
    struct fact_name *items;
    size_t count;
};

enum fact_key {
    FACT_KEY_OTHER,
    FACT_KEY_RSA,
    FACT_KEY_RSA_PSS,
    FACT_KEY_P224,
    FACT_KEY_P256,
    FACT_KEY_P384,
    FACT_KEY_P521,
    FACT_KEY_ED25519,
    FACT_KEY_ED448,
};

enum fact_digest {
    FACT_DIGEST_OTHER,  /* none that GnuTLS knows, or none at all */
    FACT_DIGEST_BROKEN, /* MD5 and what is older */
    FACT_DIGEST_SHA1,
    FACT_DIGEST_SHA224,
    FACT_DIGEST_SHA2, /* SHA-256, SHA-384, SHA-512 */
    FACT_DIGEST_EDDSA,
};

/* Bits of `purposes`. */
enum {
    FACT_PURPOSE_SERVER = 1 << 0,
    FACT_PURPOSE_ANY = 1 << 1,
    FACT_PURPOSE_GATED = 1 << 2, /* Netscape's and Microsoft's "server gated cryptography" */
    FACT_PURPOSE_OCSP = 1 << 3,
    FACT_PURPOSE_OTHER = 1 << 4,
};
/* Bits of `usage`, as a BIT STRING has them in its first octet (RFC 5280, 4.2.1.3). */
enum {
    FACT_USAGE_SIGNATURE = 0x80,
    FACT_USAGE_KEY_ENCIPHERMENT = 0x20,
    FACT_USAGE_KEY_AGREEMENT = 0x08,
    FACT_USAGE_CERT_SIGN = 0x04,
};
/* Bits of `oddities`: what is not as RFC 5280 wants it encoded. Clients differ about each. */
enum {
    FACT_ODD_VERSION = 1 << 0,             /* beyond 3 */
    FACT_ODD_PRINTABLE = 1 << 2,           /* a PrintableString with other characters */
    FACT_ODD_TIME = 1 << 3,                /* a fraction, a time zone */
    FACT_ODD_TIME_SHORT = 1 << 4,          /* no seconds */
    FACT_ODD_DAY = 1 << 5,                 /* one that no calendar has */
    FACT_ODD_LEAP_SECOND = 1 << 6,         /* the 61st */
    FACT_ODD_TWICE = 1 << 7,               /* an extension is there twice */
    FACT_ODD_BOOLEAN = 1 << 8,             /* TRUE is neither 0 nor 255 */
    FACT_ODD_BITS = 1 << 9,                /* unused bits that are set */
    FACT_ODD_TRAILING = 1 << 10,           /* something stands behind an extension's value */
    FACT_ODD_LENGTH_NEGATIVE = 1 << 11,    /* of a path */
    FACT_ODD_LENGTH_LONG = 1 << 12,        /* more than 255 */
    FACT_ODD_SUBTREES = 1 << 13,           /* name constraints without any */
    FACT_ODD_NETWORK = 1 << 14,            /* a mask with holes */
    FACT_ODD_NETWORK_SIZE = 1 << 15,       /* not of two addresses' octets */
    FACT_ODD_DISTANCE = 1 << 16,           /* name constraints with a minimum or maximum */
    FACT_ODD_ACCESS = 1 << 17,             /* authorityInfoAccess that cannot be read */
    FACT_ODD_POLICIES = 1 << 18,           /* certificatePolicies that cannot be read */
    FACT_ODD_POLICY_TWICE = 1 << 19,       /* … without any, or with one twice */
    FACT_ODD_POLICY_CONSTRAINTS = 1 << 20, /* policyConstraints that cannot be read */
    FACT_ODD_INHIBIT_ANY = 1 << 21,        /* inhibitAnyPolicy, likewise */
    FACT_ODD_FEATURES = 1 << 22,           /* TLS feature, likewise */
    FACT_ODD_TWICE_KNOWN = 1 << 23,        /* FACT_ODD_TWICE, of one that everybody looks at */
    FACT_ODD_TIME_EARLY = 1 << 24,         /* before 1970 */
    FACT_ODD_AMPERSAND = 1 << 25,          /* in a PrintableString */
    FACT_ODD_TIMES = FACT_ODD_TIME | FACT_ODD_TIME_SHORT | FACT_ODD_DAY | FACT_ODD_LEAP_SECOND |
                     FACT_ODD_TIME_EARLY,
};
enum { FACT_NETSCAPE_SERVER = 0x40 }; /* of `netscape_type` */

/* An extension, by its OID's octets. */
struct fact_extension {
    struct fact_span oid, value;
    bool is_critical;
};

struct facts {
    struct blob der;
    gnutls_x509_crt_t crt;
    gnutls_pubkey_t key; /* NULL: of a kind that GnuTLS does not know */
    struct fact_span signed_part, signature;
    struct fact_span subject, issuer, public_key; /* as they are encoded */
    char *subject_text, *issuer_text;             /* RFC 4514 */
    char *subject_folded, *issuer_folded; /* for clients that compare names by RFC 5280, 7.1 */
    char *common_name;                    /* the last one; NULL: none */
    struct fact_span serial;
    int64_t not_before, not_after;
    int version;
    enum fact_key key_kind;
    unsigned key_bits;
    enum fact_digest digest;
    unsigned salt_size, digest_size; /* of RSASSA-PSS, in octets */
    gnutls_digest_algorithm_t pss_digest;
    bool is_pss; /* signed by RSASSA-PSS (RFC 4055) */

    bool is_malformed; /* an extension that everybody looks at cannot be read */
    unsigned oddities;
    bool has_names, has_constraints, has_usage, has_purposes, has_netscape_type,
        has_name_constraints;
    bool is_authority;
    bool must_staple;                        /* RFC 7633, status_request */
    bool has_strange_feature;                /* another one */
    unsigned usage, purposes, netscape_type; /* `usage`: decipherOnly is 0x100 */
    int path_length;                         /* -1: any */
    int explicit_policy;                     /* requireExplicitPolicy; -1: none */
    struct fact_extension *extensions;
    size_t extension_count;
    struct fact_names names, permitted, excluded;
    struct fact_span subject_key, issuer_key, issuer_serial;
    struct fact_span issuer_issuer; /* as the authority key identifier names it, encoded */
    struct fact_span policies;      /* SEQUENCE OF PolicyInformation, its contents */
};

/* Gives `out`. ERROR_INPUT: GnuTLS does not take it for a certificate. */
bool facts_gather(const struct blob *der, struct facts *out, struct error *err);
void facts_finish(struct facts *facts);

/* Of facts_gather: reads the extensions that have members above. False: out of memory. */
bool facts_read_extensions(struct facts *facts);
/* Of facts_gather, after everything else: `oddities` beside those of single extensions. */
void facts_find_oddities(struct facts *facts, struct fact_span validity);

/* The subject as `subject_folded` has it, without the rest. Newly allocated; NULL: no memory. */
char *facts_fold_subject(gnutls_x509_crt_t crt);
bool facts_is_self_issued(const struct facts *facts); /* subject and issuer, folded, are equal */
/* Did this key sign it? Of a key that cannot be tried here it is taken to be so. */
bool facts_signed_by(const struct facts *facts, const struct facts *issuer);
/* Is the key identifier (or serial number) of the issuer that it names that of `issuer`? True where
 * either says nothing. RFC 5280, 4.2.1.1. */
bool facts_names_key_of(const struct facts *facts, const struct facts *issuer);
/* Is the issuer's issuer, of which some authority key identifiers have the name, that of `issuer`?
 * True where nothing is said. */
bool facts_names_issuer_of(const struct facts *facts, const struct facts *issuer);
