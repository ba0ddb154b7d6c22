#include "trust/cert_blob.h"

#include "certs/der.h"
#include "trust/registry_pol.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

/* CERT_…_PROP_ID of wincrypt.h. */
enum property {
    PROPERTY_SHA1_HASH = 3,
    PROPERTY_MD5_HASH = 4,
    PROPERTY_FRIENDLY_NAME = 11,
    PROPERTY_SIGNATURE_HASH = 15, /* of what is signed, by the signature's hash */
    PROPERTY_KEY_IDENTIFIER = 20,
    PROPERTY_PUBLIC_KEY_MD5_HASH = 25, /* of the key's bits alone */
    PROPERTY_CERTIFICATE = 32,
    PROPERTY_KEY_BITS = 92,
};

enum { HASH_SIZE = 64 };

/* Its parts; all but the handle point into the DER. */
struct parts {
    gnutls_x509_crt_t crt;
    struct blob whole, to_be_signed;
    struct blob public_key; /* SubjectPublicKeyInfo */
    struct blob key_bits;   /* the BIT STRING in it */
};

static struct blob between(const unsigned char *from, const unsigned char *to) {
    return (struct blob){(unsigned char *)from, (size_t)(to - from)};
}

/* TBSCertificate (RFC 5280, 4.1): the key is what follows the subject. */
static bool find_public_key(struct der_element fields, struct parts *parts) {
    enum { VERSION = DER_CONTEXT | DER_CONSTRUCTED, BEFORE_KEY = 5 };
    struct der_element field, algorithm, bits;
    if (fields.size > 0 && fields.data[0] == VERSION && !der_take(&fields, &field))
        return false;
    for (int i = 0; i < BEFORE_KEY; i++)
        if (!der_take(&fields, &field))
            return false;
    const unsigned char *start = fields.data;
    if (!der_take(&fields, &field) || field.tag != DER_SEQUENCE)
        return false;
    parts->public_key = between(start, fields.data);
    if (!der_take(&field, &algorithm) || !der_take(&field, &bits) || bits.tag != DER_BIT_STRING ||
        bits.size < 1)
        return false;
    parts->key_bits = between(bits.data + 1, bits.data + bits.size);
    return true;
}

static bool find_parts(const struct blob *der, struct parts *parts) {
    struct der_element rest = {0, der->data, der->size}, whole, to_be_signed;
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    if (!der_take(&rest, &whole) || rest.size > 0)
        return false;
    const unsigned char *start = whole.data;
    if (!der_take(&whole, &to_be_signed))
        return false;
    parts->whole = *der;
    parts->to_be_signed = between(start, whole.data);
    return find_public_key(to_be_signed, parts) && gnutls_x509_crt_init(&parts->crt) == 0 &&
           gnutls_x509_crt_import(parts->crt, &datum, GNUTLS_X509_FMT_DER) == 0;
}

/* ---- properties ---- */

static void put_property(struct buffer *out, enum property property, const void *data,
                         size_t size) {
    enum { RESERVED = 1 };
    registry_put_u32(out, (uint32_t)property);
    registry_put_u32(out, RESERVED);
    registry_put_u32(out, (uint32_t)size);
    buffer_append(out, data, size);
}

/* Windows makes those that are missing: one whose hash the library may not compute, as in FIPS
 * mode, is left out. */
static void put_hash(struct buffer *out, enum property property, gnutls_digest_algorithm_t hash,
                     const struct blob *of) {
    unsigned char value[HASH_SIZE];
    if (hash != GNUTLS_DIG_UNKNOWN && gnutls_hash_fast(hash, of->data, of->size, value) == 0)
        put_property(out, property, value, gnutls_hash_get_len(hash));
}

static gnutls_digest_algorithm_t signature_hash(const struct parts *parts) {
    int algorithm = gnutls_x509_crt_get_signature_algorithm(parts->crt);
    return algorithm < 0 ? GNUTLS_DIG_UNKNOWN
                         : gnutls_sign_get_hash_algorithm((gnutls_sign_algorithm_t)algorithm);
}

static void put_key_identifier(struct buffer *out, const struct parts *parts) {
    unsigned char identifier[256];
    size_t size = sizeof identifier;
    if (gnutls_x509_crt_get_subject_key_id(parts->crt, identifier, &size, NULL) == 0)
        put_property(out, PROPERTY_KEY_IDENTIFIER, identifier, size);
    else
        put_hash(out, PROPERTY_KEY_IDENTIFIER, GNUTLS_DIG_SHA1, &parts->public_key);
}

static void put_friendly_name(struct buffer *out, const char *name) {
    struct buffer text = {0};
    registry_put_utf16(&text, name);
    buffer_append(&text, "\0", 2); /* with the literal's own, a NUL of two octets */
    put_property(out, PROPERTY_FRIENDLY_NAME, text.data, text.size);
    out->failed |= text.failed;
    buffer_finish(&text);
}

static void put_key_bits(struct buffer *out, const struct parts *parts) {
    unsigned bits = 0;
    struct buffer number = {0};
    if (gnutls_x509_crt_get_pk_algorithm(parts->crt, &bits) < 0 || bits == 0)
        return;
    registry_put_u32(&number, bits);
    put_property(out, PROPERTY_KEY_BITS, number.data, number.size);
    out->failed |= number.failed;
    buffer_finish(&number);
}

bool cert_blob_write(const struct blob *der, const char *friendly_name, struct blob *out,
                     struct error *err) {
    struct parts parts = {0};
    struct buffer text = {0};
    bool ok = find_parts(der, &parts);
    if (ok) {
        put_hash(&text, PROPERTY_MD5_HASH, GNUTLS_DIG_MD5, &parts.whole);
        put_hash(&text, PROPERTY_SIGNATURE_HASH, signature_hash(&parts), &parts.to_be_signed);
        put_key_identifier(&text, &parts);
        put_hash(&text, PROPERTY_PUBLIC_KEY_MD5_HASH, GNUTLS_DIG_MD5, &parts.key_bits);
        put_key_bits(&text, &parts);
        put_friendly_name(&text, friendly_name);
        put_hash(&text, PROPERTY_SHA1_HASH, GNUTLS_DIG_SHA1, &parts.whole);
        put_property(&text, PROPERTY_CERTIFICATE, der->data, der->size);
        ok = !text.failed && blob_copy(text.data, text.size, out);
        if (!ok)
            error_set(err, ERROR_MEMORY, "certificate: out of memory");
    } else {
        error_set(err, ERROR_INPUT, "certificate: it cannot be read");
    }
    buffer_finish(&text);
    if (parts.crt)
        gnutls_x509_crt_deinit(parts.crt);
    return ok;
}
