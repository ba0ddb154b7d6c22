/* Java's own store of keys and certificates, for trusted certificates alone.
 *
 * The format is older than PKCS#12's and understood by every Java: sun.security.provider.
 * JavaKeyStore.JKS says what stands in it. Unlike a PKCS#12 it has nothing random. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

/* Borrowed. */
struct jks_entry {
    const char *alias; /* ASCII; Java looks for it in lower case */
    int64_t created;
    const struct blob *certificate; /* DER */
};

/* `password` (ASCII) keeps nothing secret: it goes into the digest at the end, by which Java sees
 * whether the file is whole. Gives `out`. */
bool jks_write(const struct jks_entry *entries, size_t count, const char *password,
               struct blob *out, struct error *err);
