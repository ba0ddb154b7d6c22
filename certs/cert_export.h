/* Handing out: what is there already, in the forms that others take. */
#pragma once

#include "certs/cert.h"

/* PEM of certificates alone, in their order. Gives `out`. */
bool cert_export_pem(const struct blob *chain, size_t count, struct blob *out, struct error *err);
/* PKCS#7 with certificates and nothing signed (RFC 2315, "certs-only"), DER. Gives `out`. */
bool cert_export_p7b(const struct blob *chain, size_t count, struct blob *out, struct error *err);
/* PKCS#12 (RFC 7292) with key and chain, that OpenSSL, NSS, Java and Windows read: AES-256 and
 * HMAC-SHA-256, the friendly name (NULL or "": none) and a local key id on key and leaf. `password`
 * may not be empty, and Java opens none with characters beyond ASCII. Takes some tenths of a
 * second. Gives `out`: blob_wipe. */
bool cert_export_p12(const struct cert_material *material, const char *friendly_name,
                     const char *password, struct blob *out, struct error *err);
