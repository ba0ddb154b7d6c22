#include "trust/name_uuid.h"

#include "base/blob.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

enum { UUID_OCTETS = 16, SHA1_OCTETS = 20 };

/* C1F2D1D0-6F0B-4F2E-9C35-2B8A6E0D74B3, made once at random. */
static const unsigned char name_space[UUID_OCTETS] = {
    0xc1, 0xf2, 0xd1, 0xd0, 0x6f, 0x0b, 0x4f, 0x2e, 0x9c, 0x35, 0x2b, 0x8a, 0x6e, 0x0d, 0x74, 0xb3};

bool name_uuid(const char *kind, const char *name, char out[static NAME_UUID_SIZE],
               struct error *err) {
    unsigned char hash[SHA1_OCTETS];
    struct buffer hashed = {0};
    buffer_append(&hashed, name_space, sizeof name_space);
    buffer_printf(&hashed, "%s:%s", kind, name);
    int code = hashed.failed ? GNUTLS_E_MEMORY_ERROR
                             : gnutls_hash_fast(GNUTLS_DIG_SHA1, hashed.data, hashed.size, hash);
    buffer_finish(&hashed);
    if (code < 0) {
        error_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERROR_MEMORY : ERROR_SYSTEM,
                  "an identifier cannot be derived (%s)", gnutls_strerror(code));
        return false;
    }
    hash[6] = (unsigned char)((hash[6] & 0x0f) | 0x50); /* version */
    hash[8] = (unsigned char)((hash[8] & 0x3f) | 0x80); /* variant */
    size_t at = 0;
    for (size_t i = 0; i < UUID_OCTETS; i++) {
        bool is_after_dash = i == 4 || i == 6 || i == 8 || i == 10;
        at += (size_t)snprintf(out + at, NAME_UUID_SIZE - at, "%s%02X", is_after_dash ? "-" : "",
                               hash[i]);
    }
    return true;
}
