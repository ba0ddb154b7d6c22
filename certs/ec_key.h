/* Inside certs/: EC keys without their public half. RFC 5915 lets it be left out, and so does Java
 * (and `openssl ec -no_public`); GnuTLS 3.7 refuses such a key, an encrypted one even as if its
 * password were wrong. Here it is computed: it is the private number times the curve's generator.
 */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <gnutls/x509.h>

/* Is it an EC key, PKCS#8 or SEC 1, that lacks its public half? */
bool ec_key_is_half(const struct blob *der);

/* Computes what such a key lacks: P-256, P-384 and P-521. Gives `out`:
 * gnutls_x509_privkey_deinit, which wipes it. */
bool ec_key_complete(const struct blob *der, gnutls_x509_privkey_t *out, struct error *err);

/* Opens an encrypted PKCS#8 that holds such a key: PBES2 (RFC 8018) with PBKDF2 and AES in CBC
 * mode, as everybody writes it today. `password` may be NULL, which is the same as "" there. False
 * where the password is wrong, the encryption another, or where something else comes out. Gives
 * `out`, PKCS#8: blob_wipe. */
bool ec_key_decrypt(const struct blob *der, const char *password, struct blob *out);
