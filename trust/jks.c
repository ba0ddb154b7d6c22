#include "trust/jks.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 0xFEEDFEED, VERSION = 2, TRUSTED_CERTIFICATE = 2, DIGEST_SIZE = 20 };

/* Big-endian, as java.io.DataOutputStream writes. */
static void append_number(struct buffer *out, uint64_t number, size_t size) {
    for (size_t i = size; i-- > 0;) {
        unsigned char byte = (unsigned char)(number >> (8 * i));
        buffer_append(out, &byte, 1);
    }
}

/* writeUTF; for ASCII it is the same as any other coding. */
static void append_text(struct buffer *out, const char *text) {
    append_number(out, strlen(text), 2);
    buffer_append_text(out, text);
}

static void append_entry(struct buffer *out, const struct jks_entry *entry) {
    append_number(out, TRUSTED_CERTIFICATE, 4);
    append_text(out, entry->alias);
    append_number(out, (uint64_t)entry->created * 1000, 8);
    append_text(out, "X.509");
    append_number(out, entry->certificate->size, 4);
    buffer_append(out, entry->certificate->data, entry->certificate->size);
}

/* SHA-1 of the password in UTF-16, of words that their author found funny, and of all before. */
static bool append_digest(struct buffer *out, const char *password) {
    unsigned char digest[DIGEST_SIZE];
    struct buffer hashed = {0};
    for (const char *c = password; *c; c++)
        append_number(&hashed, (unsigned char)*c, 2);
    buffer_append_text(&hashed, "Mighty Aphrodite");
    buffer_append(&hashed, out->data, out->size);
    bool ok =
        !hashed.failed && gnutls_hash_fast(GNUTLS_DIG_SHA1, hashed.data, hashed.size, digest) == 0;
    buffer_finish(&hashed);
    buffer_append(out, digest, sizeof digest);
    return ok;
}

bool jks_write(const struct jks_entry *entries, size_t count, const char *password,
               struct blob *out, struct error *err) {
    struct buffer store = {0};
    append_number(&store, MAGIC, 4);
    append_number(&store, VERSION, 4);
    append_number(&store, count, 4);
    for (size_t i = 0; i < count; i++)
        append_entry(&store, &entries[i]);
    bool ok = !store.failed && append_digest(&store, password) && !store.failed &&
              blob_copy(store.data, store.size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "Java's store of certificates: out of memory");
    buffer_finish(&store);
    return ok;
}
