/* Inside certs/ and lab/: private keys in every form, made one. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <gnutls/x509.h>

/* Key derivations slower than this are refused: they would hold the daemon up for seconds, and
 * no tool makes them. Java draws the line at the same number. */
enum { KEY_ITERATION_LIMIT = 5000000 };

enum private_key_form {
    PRIVATE_KEY_NONE,      /* no private key at all */
    PRIVATE_KEY_PKCS8,     /* RFC 5958 */
    PRIVATE_KEY_ENCRYPTED, /* PKCS#8, encrypted */
    PRIVATE_KEY_PKCS1,     /* RSA (RFC 8017) */
    PRIVATE_KEY_SEC1,      /* EC (RFC 5915) */
};
/* By the outermost layers alone. */
enum private_key_form private_key_form(const struct blob *der);

/* Any form but the encrypted. Gives `out`: gnutls_x509_privkey_deinit, which wipes it. */
bool private_key_parse(const struct blob *der, gnutls_x509_privkey_t *out, struct error *err);

/* Encrypted PKCS#8. ERROR_PERMISSION: the password is wrong; `password` may be NULL, which is
 * another one than "". */
bool private_key_decrypt(const struct blob *der, const char *password, gnutls_x509_privkey_t *out,
                         struct error *err);

/* OpenSSL's traditional form: `pem` from its BEGIN line to its END line, with "DEK-Info". Errors
 * as above. */
bool private_key_decrypt_traditional(const char *pem, size_t size, const char *password,
                                     gnutls_x509_privkey_t *out, struct error *err);

/* PKCS#8 in DER. Gives `out`: blob_wipe. */
bool private_key_export(gnutls_x509_privkey_t key, struct blob *out, struct error *err);
/* The same, encrypted (PBES2, AES-256, RFC 8018) unless the passphrase is NULL or "". */
bool private_key_encrypt(gnutls_x509_privkey_t key, const char *passphrase, struct blob *out,
                         struct error *err);
/* The same from any form but the encrypted. */
bool private_key_to_pkcs8(const struct blob *der, struct blob *out, struct error *err);
