#include "certs/parsed.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_set_gnutls(struct error *err, int code, const char *format, ...) {
    char text[sizeof err->text];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        text[0] = '\0';
    error_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERROR_MEMORY : ERROR_INPUT, "%s (%s)", text,
              gnutls_strerror(code));
}

gnutls_datum_t datum_of(const struct blob *blob) {
    return (gnutls_datum_t){blob->data, (unsigned)blob->size};
}

bool certificate_parse(const struct blob *der, gnutls_x509_crt_t *out, struct error *err) {
    gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t datum = datum_of(der);
    int code = gnutls_x509_crt_init(&certificate);
    if (code == 0)
        code = gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER);
    if (code < 0) {
        gnutls_x509_crt_deinit(certificate);
        error_set_gnutls(err, code, "the certificate cannot be read");
        return false;
    }
    *out = certificate;
    return true;
}

bool certificate_key_id(gnutls_x509_crt_t certificate, unsigned char out[static KEY_ID_SIZE]) {
    size_t size = KEY_ID_SIZE;
    return gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, out, &size) == 0;
}

bool private_key_id(gnutls_x509_privkey_t key, unsigned char out[static KEY_ID_SIZE]) {
    size_t size = KEY_ID_SIZE;
    return gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, out, &size) == 0;
}

bool is_key_of(gnutls_x509_privkey_t key, gnutls_x509_crt_t certificate) {
    unsigned char wanted[KEY_ID_SIZE], have[KEY_ID_SIZE];
    return certificate_key_id(certificate, wanted) && private_key_id(key, have) &&
           memcmp(wanted, have, sizeof wanted) == 0;
}
