#include "certs/pkcs12_mac.h"

#include "base/blob.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

enum { BLOCK_SIZE = 64, MAC_KEY = 3 };

/* What the key is derived from (RFC 7292, B.2): three strings, each repeated until it fills whole
 * blocks. The password is a BMPString with its end. */
static int hash_start(gnutls_hash_hd_t hash, const char *password, const unsigned char *salt) {
    unsigned char block[BLOCK_SIZE];
    size_t size = 2 * strlen(password) + 2;
    size_t whole = (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
    memset(block, MAC_KEY, sizeof block);
    int code = gnutls_hash(hash, block, sizeof block);
    for (size_t i = 0; code == 0 && i < BLOCK_SIZE; i += PKCS12_MAC_SALT_SIZE)
        code = gnutls_hash(hash, salt, PKCS12_MAC_SALT_SIZE);
    for (size_t i = 0; code == 0 && i < whole; i++) {
        size_t at = i % size;
        block[i % BLOCK_SIZE] = at % 2 ? (unsigned char)password[at / 2] : 0;
        if (i % BLOCK_SIZE == BLOCK_SIZE - 1)
            code = gnutls_hash(hash, block, sizeof block);
    }
    memory_wipe(block, sizeof block);
    return code;
}

/* SHA-256 gives the whole key at once, so the derivation's second half is never needed. */
static int derive(const char *password, const unsigned char *salt, unsigned iterations,
                  unsigned char key[static PKCS12_MAC_SIZE]) {
    gnutls_hash_hd_t hash = NULL;
    int code = gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);
    if (code < 0)
        return code;
    code = hash_start(hash, password, salt);
    gnutls_hash_output(hash, key); /* and begins anew */
    for (unsigned i = 1; code == 0 && i < iterations; i++) {
        code = gnutls_hash(hash, key, PKCS12_MAC_SIZE);
        gnutls_hash_output(hash, key);
    }
    gnutls_hash_deinit(hash, NULL);
    return code;
}

int pkcs12_mac(const void *content, size_t size, const char *password,
               const unsigned char salt[static PKCS12_MAC_SALT_SIZE], unsigned iterations,
               unsigned char out[static PKCS12_MAC_SIZE]) {
    unsigned char key[PKCS12_MAC_SIZE];
    int code = derive(password, salt, iterations, key);
    if (code == 0)
        code = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, sizeof key, content, size, out);
    memory_wipe(key, sizeof key);
    return code;
}
