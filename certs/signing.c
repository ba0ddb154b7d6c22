#include "certs/signing.h"

#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/parsed.h"
#include "certs/private_key.h"

#include <gnutls/crypto.h>

static const struct {
    const char *name;
    gnutls_digest_algorithm_t digest;
} hashes[] = {
    [CERT_HASH_SHA256] = {"SHA-256", GNUTLS_DIG_SHA256},
    [CERT_HASH_SHA384] = {"SHA-384", GNUTLS_DIG_SHA384},
    [CERT_HASH_SHA512] = {"SHA-512", GNUTLS_DIG_SHA512},
    [CERT_HASH_SHA1] = {"SHA-1", GNUTLS_DIG_SHA1},
    [CERT_HASH_MD5] = {"MD5", GNUTLS_DIG_MD5},
};

void public_half_finish(struct public_half *half) {
    blob_finish(&half->der);
}

void signing_finish(struct signing *signing) {
    if (signing->key)
        gnutls_privkey_deinit(signing->key);
    *signing = (struct signing){0};
}

static bool read_key(const struct blob *der, gnutls_privkey_t *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    gnutls_privkey_t private_key = NULL;
    if (!private_key_parse(der, &key, err))
        return false;
    int code = gnutls_privkey_init(&private_key);
    if (code == 0)
        code = gnutls_privkey_import_x509(private_key, key, GNUTLS_PRIVKEY_IMPORT_COPY);
    gnutls_x509_privkey_deinit(key);
    if (code < 0) {
        if (private_key)
            gnutls_privkey_deinit(private_key);
        error_set_gnutls(err, code, "the key cannot be used");
        return false;
    }
    *out = private_key;
    return true;
}

/* Hash and salt must fit into the signature (RFC 8017, 9.1.1). Where they do not, GnuTLS takes a
 * shorter salt than the algorithm's parameters will say. */
static bool fits_pss(const struct signing *signing, unsigned key_bits) {
    size_t hash = gnutls_hash_get_len(signing->hash);
    return (key_bits - 1 + 7) / 8 >= 2 * hash + 2;
}

static bool choose_algorithm(struct signing *signing, const char *hash_name, struct error *err) {
    unsigned bits = 0;
    int kind = gnutls_privkey_get_pk_algorithm(signing->key, &bits);
    if (kind == GNUTLS_PK_RSA && signing->pss)
        kind = GNUTLS_PK_RSA_PSS;
    signing->pss = kind == GNUTLS_PK_RSA_PSS;
    if (kind == GNUTLS_PK_EDDSA_ED25519)
        signing->algorithm = GNUTLS_SIGN_EDDSA_ED25519; /* hashes in its own way */
    else if (kind == GNUTLS_PK_EDDSA_ED448)
        signing->algorithm = GNUTLS_SIGN_EDDSA_ED448;
    else if (kind > 0)
        signing->algorithm = gnutls_pk_to_sign((gnutls_pk_algorithm_t)kind, signing->hash);
    if (signing->algorithm == GNUTLS_SIGN_UNKNOWN || !gnutls_sign_get_oid(signing->algorithm)) {
        const char *name = kind > 0 ? gnutls_pk_get_name((gnutls_pk_algorithm_t)kind) : "unknown";
        error_set(err, ERROR_INPUT,
                  "no signature is made of %s with a key of the kind %s: take SHA-256", hash_name,
                  name);
        return false;
    }
    if (signing->pss && !fits_pss(signing, bits)) {
        error_set(err, ERROR_INPUT,
                  "%s is too long for RSASSA-PSS with a key of %u bits: take a shorter hash or a "
                  "longer key",
                  hash_name, bits);
        return false;
    }
    return true;
}

bool signing_begin(const struct blob *key, enum cert_hash hash, bool pss, struct signing *out,
                   struct error *err) {
    struct signing signing = {.hash = hashes[hash].digest, .pss = pss};
    if (!read_key(key, &signing.key, err))
        return false;
    if (!choose_algorithm(&signing, hashes[hash].name, err)) {
        signing_finish(&signing);
        return false;
    }
    *out = signing;
    return true;
}

bool signing_public_half(const struct signing *signing, struct public_half *out,
                         struct error *err) {
    struct public_half half = {0};
    size_t size = sizeof half.id;
    gnutls_pubkey_t key = NULL;
    gnutls_datum_t der = {0};
    int code = gnutls_pubkey_init(&key);
    if (code == 0)
        code = gnutls_pubkey_import_privkey(key, signing->key, 0, 0);
    if (code == 0)
        code = gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA1, half.id, &size);
    if (code == 0)
        code = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der);
    bool ok = code == 0 && blob_copy(der.data, der.size, &half.der);
    if (code < 0)
        error_set_gnutls(err, code, "the key's public half cannot be written");
    else if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    if (key)
        gnutls_pubkey_deinit(key);
    gnutls_free(der.data);
    if (ok)
        *out = half;
    return ok;
}

/* RSASSA-PSS-params: hash, mask generation, length of the salt (RFC 4055, 3.1). */
static void put_pss_parameters(const struct signing *signing, struct buffer *out) {
    static const unsigned hash_tag = DER_CONTEXT | DER_CONSTRUCTED;
    const char *hash = gnutls_digest_get_oid(signing->hash);
    size_t start = out->size;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, hash);
    der_put(out, DER_NULL, NULL, 0);
    der_close(out, start, DER_SEQUENCE);
    der_close(out, start, hash_tag);
    size_t mask = out->size;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, "1.2.840.113549.1.1.8"); /* id-mgf1 */
    size_t mask_hash = out->size;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, hash);
    der_put(out, DER_NULL, NULL, 0);
    der_close(out, mask_hash, DER_SEQUENCE);
    der_close(out, mask, DER_SEQUENCE);
    der_close(out, mask, hash_tag | 1);
    size_t salt = out->size;
    der_put_number(out, gnutls_hash_get_len(signing->hash));
    der_close(out, salt, hash_tag | 2);
    der_close(out, start, DER_SEQUENCE);
}

void signing_put_algorithm(const struct signing *signing, struct buffer *out) {
    size_t start = out->size;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, gnutls_sign_get_oid(signing->algorithm));
    if (signing->pss)
        put_pss_parameters(signing, out);
    else if (gnutls_sign_get_pk_algorithm(signing->algorithm) == GNUTLS_PK_RSA)
        der_put(out, DER_NULL, NULL, 0);
    der_close(out, start, DER_SEQUENCE);
}

bool signing_close(const struct signing *signing, struct buffer *der, struct blob *out,
                   struct error *err) {
    static const unsigned char no_unused_bits[] = {0};
    gnutls_datum_t content = {(unsigned char *)der->data, (unsigned)der->size}, signature = {0};
    int code = der->failed ? GNUTLS_E_MEMORY_ERROR
                           : gnutls_privkey_sign_data2(signing->key, signing->algorithm, 0,
                                                       &content, &signature);
    if (code < 0) {
        error_set_gnutls(err, code, "the key makes no signature of this kind (%s)",
                         gnutls_sign_get_name(signing->algorithm));
        buffer_finish(der);
        return false;
    }
    signing_put_algorithm(signing, der);
    size_t start = der->size;
    buffer_append(der, no_unused_bits, 1);
    buffer_append(der, signature.data, signature.size);
    der_close(der, start, DER_BIT_STRING);
    der_close(der, 0, DER_SEQUENCE);
    gnutls_free(signature.data);
    return der_give(der, out, err);
}
