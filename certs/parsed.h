/* Inside certs/ and lab/: GnuTLS's view of one certificate, and its errors as ours. */
#pragma once

#include "certs/cert.h"

#include <gnutls/x509.h>

enum { KEY_ID_SIZE = 32 };

/* Fills `err` from GnuTLS's `code`, its words behind the text. */
void error_set_gnutls(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Borrowed by GnuTLS for one call: its functions only read it. */
gnutls_datum_t datum_of(const struct blob *blob);

/* The whole of `der` must be one certificate. Gives `out`: gnutls_x509_crt_deinit. */
bool certificate_parse(const struct blob *der, gnutls_x509_crt_t *out, struct error *err);

/* SHA-256 of the public key, as a certificate has it and as it follows from a key. False for
 * kinds of key that GnuTLS does not know. */
bool certificate_key_id(gnutls_x509_crt_t certificate, unsigned char out[static KEY_ID_SIZE]);
bool private_key_id(gnutls_x509_privkey_t key, unsigned char out[static KEY_ID_SIZE]);
bool is_key_of(gnutls_x509_privkey_t key, gnutls_x509_crt_t certificate);

/* cert_info_read for a certificate that is parsed already. */
bool cert_info_from(gnutls_x509_crt_t certificate, const struct blob *der, struct cert_info *out,
                    struct error *err);
