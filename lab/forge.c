#include "lab/forge.h"

#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/parsed.h"
#include "certs/signing.h"

#include <gnutls/crypto.h>

/* How each signature is made of the issuer's key. */
static const struct {
    enum cert_hash hash;
    bool pss;
} signatures[] = {
    [LAB_SHA256] = {CERT_HASH_SHA256, false},    [LAB_SHA384] = {CERT_HASH_SHA384, false},
    [LAB_SHA1] = {CERT_HASH_SHA1, false},        [LAB_MD5] = {CERT_HASH_MD5, false},
    [LAB_PSS_SHA256] = {CERT_HASH_SHA256, true},
};

static void put_blob(struct buffer *out, const struct blob *der) {
    buffer_append(out, der->data, der->size);
}

/* Positive, and of all its octets: the first bit clear, the second set. */
static bool random_serial(unsigned char serial[static FORGE_SERIAL_SIZE], struct error *err) {
    int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, FORGE_SERIAL_SIZE);
    if (code < 0)
        error_set_gnutls(err, code, "there is no serial number for the certificate");
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
    return code == 0;
}

static void put_validity(struct buffer *out, const struct forge_plan *plan) {
    size_t start = out->size;
    der_put_time(out, plan->begins);
    der_put_time(out, plan->ends);
    der_close(out, start, DER_SEQUENCE);
}

/* TBSCertificate (RFC 5280, 4.1). `public_key`: a SubjectPublicKeyInfo. */
static void put_certificate(struct buffer *out, const struct forge_plan *plan,
                            const struct signing *signing, const unsigned char *serial,
                            const struct blob *public_key) {
    if (!plan->version_1) {
        der_put_number(out, 2); /* version 3 */
        der_close(out, 0, DER_CONTEXT | DER_CONSTRUCTED);
    }
    der_put(out, DER_INTEGER, serial, FORGE_SERIAL_SIZE);
    signing_put_algorithm(signing, out);
    put_blob(out, &plan->issuer);
    put_validity(out, plan);
    put_blob(out, &plan->subject);
    put_blob(out, public_key);
    if (!plan->version_1 && plan->extensions && plan->extensions->count > 0) {
        size_t extensions = out->size;
        cert_extensions_put(plan->extensions, out);
        der_close(out, extensions, DER_CONTEXT | DER_CONSTRUCTED | 3);
    }
    der_close(out, 0, DER_SEQUENCE);
}

static bool read_public_half(const struct blob *key, struct public_half *out, struct error *err) {
    struct signing own = {0};
    bool ok = signing_begin(key, CERT_HASH_SHA256, false, &own, err) &&
              signing_public_half(&own, out, err);
    signing_finish(&own);
    return ok;
}

bool forge_certificate(const struct forge_plan *plan,
                       unsigned char serial[static FORGE_SERIAL_SIZE], struct blob *out,
                       struct error *err) {
    struct public_half half = {0};
    struct signing signing = {0};
    struct buffer der = {0};
    bool ok = random_serial(serial, err) && read_public_half(plan->key, &half, err) &&
              signing_begin(plan->issuer_key, signatures[plan->signature].hash,
                            signatures[plan->signature].pss, &signing, err);
    if (ok) {
        put_certificate(&der, plan, &signing, serial, &half.der);
        ok = signing_close(&signing, &der, out, err);
    }
    signing_finish(&signing);
    public_half_finish(&half);
    return ok;
}

/* ---- extensions that follow from keys ---- */

bool forge_extension(struct cert_extensions *list, const char *oid, bool critical,
                     struct blob *value, struct error *err) {
    bool ok = cert_extensions_set(list, oid, critical, value);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    blob_finish(value);
    return ok;
}

static bool add_key_id(struct cert_extensions *list, const struct blob *key, bool of_issuer,
                       struct error *err) {
    struct public_half half = {0};
    struct buffer der = {0};
    struct blob value = {0};
    if (!read_public_half(key, &half, err))
        return false;
    der_put(&der, of_issuer ? DER_CONTEXT : DER_OCTET_STRING, half.id, sizeof half.id);
    if (of_issuer)
        der_close(&der, 0, DER_SEQUENCE);
    public_half_finish(&half);
    return der_give(&der, &value, err) &&
           forge_extension(list, of_issuer ? CERT_OID_AUTHORITY_KEY_ID : CERT_OID_SUBJECT_KEY_ID,
                           false, &value, err);
}

bool forge_key_ids(struct cert_extensions *list, const struct blob *key,
                   const struct blob *issuer_key, struct error *err) {
    return add_key_id(list, key, false, err) && add_key_id(list, issuer_key, true, err);
}
