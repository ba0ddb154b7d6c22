/* Inside certs/: the integrity check of a PKCS#12 (RFC 7292, 4), since GnuTLS lets nobody choose
 * how often it derives the key for it. */
#pragma once

#include <stddef.h>

enum { PKCS12_MAC_SIZE = 32, PKCS12_MAC_SALT_SIZE = 16 };

/* HMAC-SHA-256. `password` is ASCII. Gives a code of GnuTLS, 0 if it went well. */
int pkcs12_mac(const void *content, size_t size, const char *password,
               const unsigned char salt[static PKCS12_MAC_SALT_SIZE], unsigned iterations,
               unsigned char out[static PKCS12_MAC_SIZE]);
