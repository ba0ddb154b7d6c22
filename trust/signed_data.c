#include "trust/signed_data.h"

#include <gnutls/abstract.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>

static gnutls_datum_t datum_of(const struct blob *blob) {
    return (gnutls_datum_t){blob->data, (unsigned)blob->size};
}

/* Those above the signer's own, which gnutls_pkcs7_sign puts in by itself. */
static int add_issuers(gnutls_pkcs7_t signed_data, const struct cert_material *signer) {
    int code = 0;
    for (size_t i = 1; i < signer->chain_count && code >= 0; i++) {
        gnutls_datum_t issuer = datum_of(&signer->chain[i]);
        code = gnutls_pkcs7_set_crt_raw(signed_data, &issuer);
    }
    return code;
}

static int sign(const struct blob *content, const struct cert_material *signer,
                gnutls_datum_t *out) {
    enum { FLAGS = GNUTLS_PKCS7_EMBED_DATA | GNUTLS_PKCS7_INCLUDE_CERT };
    gnutls_pkcs7_t signed_data = NULL;
    gnutls_x509_crt_t certificate = NULL;
    gnutls_privkey_t key = NULL;
    gnutls_datum_t data = datum_of(content), key_der = datum_of(&signer->key),
                   certificate_der = datum_of(&signer->chain[0]);
    int code = gnutls_pkcs7_init(&signed_data);
    if (code >= 0)
        code = gnutls_x509_crt_init(&certificate);
    if (code >= 0)
        code = gnutls_x509_crt_import(certificate, &certificate_der, GNUTLS_X509_FMT_DER);
    if (code >= 0)
        code = gnutls_privkey_init(&key);
    if (code >= 0)
        code = gnutls_privkey_import_x509_raw(key, &key_der, GNUTLS_X509_FMT_DER, NULL, 0);
    if (code >= 0)
        code = gnutls_pkcs7_sign(signed_data, certificate, key, &data, NULL, NULL,
                                 GNUTLS_DIG_SHA256, FLAGS);
    if (code >= 0)
        code = add_issuers(signed_data, signer);
    if (code >= 0)
        code = gnutls_pkcs7_export2(signed_data, GNUTLS_X509_FMT_DER, out);
    if (key)
        gnutls_privkey_deinit(key);
    if (certificate)
        gnutls_x509_crt_deinit(certificate);
    if (signed_data)
        gnutls_pkcs7_deinit(signed_data);
    return code;
}

bool signed_data_write(const struct blob *content, const struct cert_material *signer,
                       struct blob *out, struct error *err) {
    gnutls_datum_t der = {0};
    if (signer->chain_count == 0 || signer->key.size == 0) {
        error_set(err, ERROR_INPUT,
                  "the signer has no %s: give a file with its private key and its certificates",
                  signer->chain_count == 0 ? "certificate" : "private key");
        return false;
    }
    int code = sign(content, signer, &der);
    if (code < 0) {
        error_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERROR_MEMORY : ERROR_INPUT,
                  "the signer cannot sign the profile (%s): take an RSA or ECDSA key with its "
                  "certificate",
                  gnutls_strerror(code));
        return false;
    }
    bool ok = blob_copy(der.data, der.size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "the profile: out of memory");
    gnutls_free(der.data);
    return ok;
}
