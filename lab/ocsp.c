/* What a certification authority tells of its certificates later: revocation lists (RFC 5280,
 * section 5) and OCSP responses (RFC 6960). */
#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/parsed.h"
#include "certs/signing.h"
#include "lab/forge.h"

#include <gnutls/crypto.h>

enum { SHA1_SIZE = 20, EXPLICIT = DER_CONTEXT | DER_CONSTRUCTED };

static const int64_t hour_s = 3600, week_s = 604800;

/* ---- what stands in a certificate ---- */

/* Borrowed from it; with their headers. */
struct parts {
    struct blob serial, issuer, subject;
    struct der_element public_key; /* the BIT STRING's content */
};

/* The same with its header. */
static bool take_whole(struct der_element *rest, unsigned char tag, struct blob *out) {
    const unsigned char *begin = rest->data;
    struct der_element element;
    if (!der_take(rest, &element) || element.tag != tag)
        return false;
    *out = (struct blob){(unsigned char *)begin, (size_t)(rest->data - begin)};
    return true;
}

static bool take(struct der_element *rest, unsigned char tag, struct der_element *out) {
    return der_take(rest, out) && out->tag == tag;
}

static bool read_parts(const struct blob *certificate, struct parts *out, struct error *err) {
    struct der_element rest = {.data = certificate->data, .size = certificate->size};
    struct der_element body, tbs, version, key, algorithm;
    struct blob skipped;
    bool ok = take(&rest, DER_SEQUENCE, &body) && take(&body, DER_SEQUENCE, &tbs);
    if (ok && tbs.size > 0 && tbs.data[0] == EXPLICIT)
        ok = der_take(&tbs, &version);
    ok = ok && take_whole(&tbs, DER_INTEGER, &out->serial) &&
         take_whole(&tbs, DER_SEQUENCE, &skipped) && /* signature */
         take_whole(&tbs, DER_SEQUENCE, &out->issuer) &&
         take_whole(&tbs, DER_SEQUENCE, &skipped) && /* validity */
         take_whole(&tbs, DER_SEQUENCE, &out->subject) && take(&tbs, DER_SEQUENCE, &key) &&
         take(&key, DER_SEQUENCE, &algorithm) && take(&key, DER_BIT_STRING, &out->public_key) &&
         out->public_key.size > 0;
    if (!ok)
        error_set(err, ERROR_INPUT, "what should be a certificate is none");
    return ok;
}

static void put_blob(struct buffer *out, const struct blob *der) {
    buffer_append(out, der->data, der->size);
}

/* ---- revocation lists ---- */

static void put_revoked(struct buffer *out, const struct forge_revoked *revoked) {
    size_t list = out->size;
    for (size_t i = 0; i < revoked->count; i++) {
        size_t one = out->size;
        der_put(out, DER_INTEGER, revoked->serials + i * FORGE_SERIAL_SIZE, FORGE_SERIAL_SIZE);
        der_put_time(out, revoked->at - hour_s);
        der_close(out, one, DER_SEQUENCE);
    }
    if (revoked->count > 0) /* an empty one is left out (RFC 5280, 5.1.2.6) */
        der_close(out, list, DER_SEQUENCE);
}

/* Its number is the time, which only grows (RFC 5280, 5.2.3). */
static bool put_list_extensions(struct buffer *out, const struct forge_revoked *revoked,
                                const struct public_half *issuer, struct error *err) {
    struct cert_extensions extensions = {0};
    struct buffer key_id = {0}, number = {0};
    struct blob key_id_value = {0}, number_value = {0};
    der_put(&key_id, DER_CONTEXT, issuer->id, sizeof issuer->id);
    der_close(&key_id, 0, DER_SEQUENCE);
    der_put_number(&number, (unsigned)revoked->at);
    bool ok = der_give(&key_id, &key_id_value, err) &&
              forge_extension(&extensions, CERT_OID_AUTHORITY_KEY_ID, false, &key_id_value, err) &&
              der_give(&number, &number_value, err) &&
              forge_extension(&extensions, "2.5.29.20", false, &number_value, err);
    buffer_finish(&number);
    size_t start = out->size;
    cert_extensions_put(&extensions, out);
    der_close(out, start, EXPLICIT);
    cert_extensions_finish(&extensions);
    return ok;
}

bool forge_revocation_list(const struct forge_revoked *revoked, struct blob *out,
                           struct error *err) {
    struct parts issuer;
    struct signing signing = {0};
    struct public_half half = {0};
    struct buffer der = {0};
    bool ok = read_parts(revoked->issuer, &issuer, err) &&
              signing_begin(revoked->issuer_key, CERT_HASH_SHA256, false, &signing, err) &&
              signing_public_half(&signing, &half, err);
    if (ok) {
        der_put_number(&der, 1); /* version 2 */
        signing_put_algorithm(&signing, &der);
        put_blob(&der, &issuer.subject);
        der_put_time(&der, revoked->at);
        der_put_time(&der, revoked->at + week_s);
        put_revoked(&der, revoked);
        ok = put_list_extensions(&der, revoked, &half, err);
        der_close(&der, 0, DER_SEQUENCE);
    }
    ok = ok && signing_close(&signing, &der, out, err);
    buffer_finish(&der);
    public_half_finish(&half);
    signing_finish(&signing);
    return ok;
}

/* ---- OCSP responses ---- */

static bool put_sha1(struct buffer *out, const void *data, size_t size, struct error *err) {
    unsigned char hash[SHA1_SIZE];
    int code = gnutls_hash_fast(GNUTLS_DIG_SHA1, data, size, hash);
    if (code < 0)
        error_set_gnutls(err, code, "SHA-1, by which OCSP names an issuer, is not to be had");
    else
        der_put(out, DER_OCTET_STRING, hash, sizeof hash);
    return code == 0;
}

/* CertID (RFC 6960, 4.1.1), by SHA-1, as everybody has it. */
static bool put_cert_id(struct buffer *out, const struct parts *leaf, const struct parts *issuer,
                        struct error *err) {
    size_t start = out->size;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, "1.3.14.3.2.26");
    der_put(out, DER_NULL, NULL, 0);
    der_close(out, start, DER_SEQUENCE);
    /* The key's bits, without the octet that says how many are unused. */
    bool ok = put_sha1(out, leaf->issuer.data, leaf->issuer.size, err) &&
              put_sha1(out, issuer->public_key.data + 1, issuer->public_key.size - 1, err);
    put_blob(out, &leaf->serial);
    der_close(out, start, DER_SEQUENCE);
    return ok;
}

static void put_status(struct buffer *out, bool is_revoked, int64_t at) {
    size_t start = out->size;
    if (!is_revoked) {
        der_put(out, DER_CONTEXT, NULL, 0); /* good */
        return;
    }
    der_put_generalized_time(out, at - hour_s);
    der_close(out, start, DER_CONTEXT | DER_CONSTRUCTED | 1);
}

/* ResponseData (RFC 6960, 4.2.1). */
static bool put_response_data(struct buffer *out, const struct parts *leaf,
                              const struct parts *issuer, bool is_revoked, int64_t at,
                              struct error *err) {
    put_blob(out, &issuer->subject);
    der_close(out, 0, EXPLICIT | 1); /* responderID by name */
    der_put_generalized_time(out, at);
    size_t responses = out->size;
    if (!put_cert_id(out, leaf, issuer, err))
        return false;
    put_status(out, is_revoked, at);
    der_put_generalized_time(out, at);
    size_t next = out->size;
    der_put_generalized_time(out, at + week_s);
    der_close(out, next, EXPLICIT);
    der_close(out, responses, DER_SEQUENCE);
    der_close(out, responses, DER_SEQUENCE);
    der_close(out, 0, DER_SEQUENCE);
    return true;
}

/* OCSPResponse around a BasicOCSPResponse. */
static bool wrap_response(const struct blob *basic, struct blob *out, struct error *err) {
    static const unsigned char successful[] = {0};
    struct buffer der = {0};
    der_put(&der, DER_ENUMERATED, successful, sizeof successful);
    size_t start = der.size;
    der_put_oid(&der, DER_OBJECT_IDENTIFIER, "1.3.6.1.5.5.7.48.1.1"); /* id-pkix-ocsp-basic */
    der_put(&der, DER_OCTET_STRING, basic->data, basic->size);
    der_close(&der, start, DER_SEQUENCE);
    der_close(&der, start, EXPLICIT);
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
}

bool forge_ocsp_response(const struct blob *leaf, const struct blob *issuer,
                         const struct blob *issuer_key, bool is_revoked, int64_t at,
                         struct blob *out, struct error *err) {
    struct parts leaf_parts, issuer_parts;
    struct signing signing = {0};
    struct buffer der = {0};
    struct blob basic = {0};
    bool ok = read_parts(leaf, &leaf_parts, err) && read_parts(issuer, &issuer_parts, err) &&
              signing_begin(issuer_key, CERT_HASH_SHA256, false, &signing, err) &&
              put_response_data(&der, &leaf_parts, &issuer_parts, is_revoked, at, err) &&
              signing_close(&signing, &der, &basic, err) && wrap_response(&basic, out, err);
    buffer_finish(&der);
    blob_finish(&basic);
    signing_finish(&signing);
    return ok;
}

/* ---- OCSP requests ---- */

/* Passes over an element that may be left out. */
static bool skip_optional(struct der_element *rest, unsigned char tag) {
    struct der_element skipped;
    return rest->size == 0 || rest->data[0] != tag || der_take(rest, &skipped);
}

bool forge_ocsp_request_serial(const struct blob *request, struct blob *serial) {
    struct der_element rest = {.data = request->data, .size = request->size};
    struct der_element body, tbs, list, one, id, part, number;
    if (!take(&rest, DER_SEQUENCE, &body) || rest.size > 0 || !take(&body, DER_SEQUENCE, &tbs) ||
        !skip_optional(&tbs, EXPLICIT) ||     /* version */
        !skip_optional(&tbs, EXPLICIT | 1) || /* requestorName */
        !take(&tbs, DER_SEQUENCE, &list) || !take(&list, DER_SEQUENCE, &one) ||
        !take(&one, DER_SEQUENCE, &id) || !take(&id, DER_SEQUENCE, &part) ||
        !take(&id, DER_OCTET_STRING, &part) || !take(&id, DER_OCTET_STRING, &part) ||
        !take(&id, DER_INTEGER, &number) || number.size == 0)
        return false;
    *serial = (struct blob){(unsigned char *)number.data, number.size};
    return true;
}
