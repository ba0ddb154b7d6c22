/* What a certificate or a request is to be, and making it: for whatever is not the one shape of
 * cert_make.h: from a request.inf, from the tool's `create`, a local authority and its leaves. */
#pragma once

#include "certs/cert.h"
#include "certs/cert_extension.h"
#include "certs/cert_make.h"
#include "certs/x500_name.h"

enum cert_hash {
    CERT_HASH_SHA256,
    CERT_HASH_SHA384,
    CERT_HASH_SHA512,
    CERT_HASH_SHA1,
    CERT_HASH_MD5
};

/* Zero-initialised is an empty name, SHA-256, no extensions. */
struct cert_plan {
    struct x500_name subject;
    struct cert_key_choice key; /* of a key to be made; not used where one is given */
    enum cert_hash hash;
    bool pss; /* RSA signatures as RSASSA-PSS (RFC 4055) */
    struct cert_extensions extensions;
    /* Subject and (in certificates) authority key identifier; they follow from the keys. Ones that
     * stand in `extensions` go first. */
    bool key_ids;
    int64_t not_before, not_after; /* certificates alone */
};
void cert_plan_finish(struct cert_plan *plan);

/* A key in PKCS#8, DER. Takes a while for RSA: up to some seconds for 4096 bits and more. Gives
 * `out`: blob_wipe. Threads: any. */
bool cert_plan_make_key(struct cert_key_choice choice, struct blob *out, struct error *err);

/* Version 3, a random positive serial of 16 octets. `key` in any form that cert_read takes (DER).
 * Each gives `out`; ERROR_INPUT where the plan makes no certificate (ends before it begins, hash
 * too long for the key). */
bool cert_plan_self_sign(const struct cert_plan *plan, const struct blob *key,
                         struct cert_material *out, struct error *err);
/* Signed by the first of the issuer's chain; `out` holds the new certificate, then the issuer's
 * chain. Refuses an issuer that is no authority, or that ends before the new certificate would. */
bool cert_plan_issue(const struct cert_plan *plan, const struct blob *key,
                     const struct cert_material *issuer, struct cert_material *out,
                     struct error *err);
/* A request (PKCS#10, RFC 2986), DER. `attributes`, may be NULL: what stands beside the extensions
 * (certreq's [RequestAttributes] are written as Microsoft's enrollment name-value pairs,
 * 1.3.6.1.4.1.311.13.2.1): "Name=value" each. */
bool cert_plan_request(const struct cert_plan *plan, const struct blob *key,
                       const struct string_list *attributes, struct blob *out, struct error *err);

/* ---- plans for the usual shapes; names and addresses normalised ---- */

/* What a certificate for a server is asked to be. Borrowed. */
struct server_wish {
    const char *common_name;
    const struct string_list *dns_names, *addresses; /* NULL: none */
    struct cert_key_choice key;
    int64_t not_before, not_after;
};
/* Self-signed, accepted as its own trust anchor everywhere: CERT_SHAPE_MODERN's. */
bool cert_plan_for_server(const struct server_wish *wish, struct cert_plan *out, struct error *err);
/* The original's: the common name alone, RSA 2048 unless `key` says otherwise. */
bool cert_plan_for_classic(const struct server_wish *wish, struct cert_plan *out,
                           struct error *err);
/* Issued by an authority: CA:FALSE, keyUsage digitalSignature (and keyEncipherment for RSA), EKU
 * serverAuth, SKI, AKI, SAN. */
bool cert_plan_for_leaf(const struct server_wish *wish, struct cert_plan *out, struct error *err);
