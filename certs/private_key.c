#include "certs/private_key.h"

#include "certs/der.h"
#include "certs/ec_key.h"
#include "certs/parsed.h"

enum private_key_form private_key_form(const struct blob *der) {
    struct der_element rest = {.data = der->data, .size = der->size}, body, first, second;
    if (!der_take(&rest, &body) || body.tag != DER_SEQUENCE || !der_take(&body, &first) ||
        !der_take(&body, &second))
        return PRIVATE_KEY_NONE;
    if (first.tag == DER_SEQUENCE && second.tag == DER_OCTET_STRING && body.size == 0)
        return PRIVATE_KEY_ENCRYPTED;
    if (first.tag != DER_INTEGER || first.size != 1)
        return PRIVATE_KEY_NONE;
    switch (second.tag) {
    case DER_SEQUENCE:
        return der_take(&body, &second) && second.tag == DER_OCTET_STRING ? PRIVATE_KEY_PKCS8
                                                                          : PRIVATE_KEY_NONE;
    case DER_INTEGER:
        return PRIVATE_KEY_PKCS1;
    case DER_OCTET_STRING:
        return PRIVATE_KEY_SEC1;
    default:
        return PRIVATE_KEY_NONE;
    }
}

/* GnuTLS answers a wrong password in many ways, since what comes out is noise. */
static bool is_wrong_password(int code) {
    return code == GNUTLS_E_DECRYPTION_FAILED || code == GNUTLS_E_MAC_VERIFY_FAILED ||
           code == GNUTLS_E_ASN1_DER_ERROR || code == GNUTLS_E_ASN1_TAG_ERROR ||
           code == GNUTLS_E_ASN1_DER_OVERFLOW || code == GNUTLS_E_ASN1_ELEMENT_NOT_FOUND;
}

static bool give_key(int code, gnutls_x509_privkey_t key, bool had_password,
                     gnutls_x509_privkey_t *out, struct error *err) {
    if (code == 0) {
        *out = key;
        return true;
    }
    gnutls_x509_privkey_deinit(key);
    if (had_password && is_wrong_password(code))
        error_set(err, ERROR_PERMISSION, "the password is wrong");
    else if (code == GNUTLS_E_UNKNOWN_CIPHER_TYPE || code == GNUTLS_E_UNKNOWN_PK_ALGORITHM ||
             code == GNUTLS_E_UNIMPLEMENTED_FEATURE)
        error_set_gnutls(err, code, "the key is of a kind that cannot be read");
    else
        error_set_gnutls(err, code, "the key cannot be read");
    return false;
}

bool private_key_parse(const struct blob *der, gnutls_x509_privkey_t *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t datum = datum_of(der);
    int code = gnutls_x509_privkey_init(&key);
    if (code == 0 && private_key_form(der) == PRIVATE_KEY_PKCS8)
        code = gnutls_x509_privkey_import_pkcs8(key, &datum, GNUTLS_X509_FMT_DER, NULL,
                                                GNUTLS_PKCS_PLAIN);
    else if (code == 0)
        code = gnutls_x509_privkey_import(key, &datum, GNUTLS_X509_FMT_DER);
    if (code < 0 && ec_key_is_half(der)) {
        gnutls_x509_privkey_deinit(key);
        return ec_key_complete(der, out, err);
    }
    return give_key(code, key, false, out, err);
}

bool private_key_decrypt(const struct blob *der, const char *password, gnutls_x509_privkey_t *out,
                         struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t datum = datum_of(der);
    unsigned iterations = 0;
    int code =
        gnutls_pkcs8_info(&datum, GNUTLS_X509_FMT_DER, NULL, NULL, NULL, NULL, &iterations, NULL);
    if (code == 0 && iterations > KEY_ITERATION_LIMIT) {
        error_set(err, ERROR_INPUT, "the key is encrypted with %u iterations, %d are allowed",
                  iterations, KEY_ITERATION_LIMIT);
        return false;
    }
    if (code == 0)
        code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = gnutls_x509_privkey_import_pkcs8(key, &datum, GNUTLS_X509_FMT_DER, password,
                                                password ? 0 : GNUTLS_PKCS_NULL_PASSWORD);
    struct blob half = {0};
    if (code < 0 && ec_key_decrypt(der, password, &half)) {
        gnutls_x509_privkey_deinit(key);
        bool ok = ec_key_complete(&half, out, err);
        blob_wipe(&half);
        return ok;
    }
    return give_key(code, key, true, out, err);
}

bool private_key_decrypt_traditional(const char *pem, size_t size, const char *password,
                                     gnutls_x509_privkey_t *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t datum = {(unsigned char *)pem, (unsigned)size};
    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = gnutls_x509_privkey_import_openssl(key, &datum, password);
    return give_key(code, key, true, out, err);
}

bool private_key_export(gnutls_x509_privkey_t key, struct blob *out, struct error *err) {
    return private_key_encrypt(key, NULL, out, err);
}

bool private_key_encrypt(gnutls_x509_privkey_t key, const char *passphrase, struct blob *out,
                         struct error *err) {
    gnutls_datum_t datum = {0};
    bool is_encrypted = passphrase && passphrase[0];
    int code = gnutls_x509_privkey_export2_pkcs8(
        key, GNUTLS_X509_FMT_DER, is_encrypted ? passphrase : NULL,
        is_encrypted ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, &datum);
    if (code < 0) {
        error_set_gnutls(err, code, "the key cannot be written");
        return false;
    }
    bool ok = blob_copy(datum.data, datum.size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    gnutls_memset(datum.data, 0, datum.size);
    gnutls_free(datum.data);
    return ok;
}

bool private_key_to_pkcs8(const struct blob *der, struct blob *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    bool ok = private_key_parse(der, &key, err) && private_key_export(key, out, err);
    gnutls_x509_privkey_deinit(key);
    return ok;
}
