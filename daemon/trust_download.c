#include "daemon/trust_download.h"

#include "trust/deployment.h"

#include <gnutls/crypto.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 16, ETAG_BYTES = 16 };

struct kept {
    struct trust_download download; /* the first, so that what is given leads here */
    char *key;
    unsigned users;    /* those who have it, and the table; under the table's lock */
    uint64_t last_use; /* which one goes when there are too many */
};

struct trust_downloads {
    pthread_mutex_t mutex;
    struct kept *table[KEPT]; /* NULL: free */
    uint64_t uses;
};

bool trust_downloads_create(struct trust_downloads **out, struct error *err) {
    struct trust_downloads *downloads = calloc(1, sizeof *downloads);
    if (!downloads) {
        error_set(err, ERROR_MEMORY, "downloads: out of memory");
        return false;
    }
    pthread_mutex_init(&downloads->mutex, NULL);
    *out = downloads;
    return true;
}

static void kept_destroy(struct kept *kept) {
    blob_finish(&kept->download.zip);
    free(kept->key);
    free(kept);
}

/* Under the lock. */
static void drop(struct kept *kept) {
    if (kept && --kept->users == 0)
        kept_destroy(kept);
}

void trust_downloads_destroy(struct trust_downloads *downloads) {
    if (!downloads)
        return;
    for (size_t i = 0; i < KEPT; i++)
        drop(downloads->table[i]);
    pthread_mutex_destroy(&downloads->mutex);
    free(downloads);
}

void trust_download_release(struct trust_downloads *downloads,
                            const struct trust_download *download) {
    pthread_mutex_lock(&downloads->mutex);
    drop((struct kept *)download);
    pthread_mutex_unlock(&downloads->mutex);
}

/* ---- one of them ---- */

static bool append_fingerprint(struct buffer *out, const unsigned char *fingerprint) {
    char *print = fingerprint_text(fingerprint, CERT_FINGERPRINT_SIZE);
    bool ok = print != NULL;
    buffer_printf(out, " %s", ok ? print : "");
    free(print);
    return ok;
}

/* The anchor by its own fingerprint: an authority may be renewed under the same leaf. */
static char *key_of(const struct trust_visitor *visitor) {
    const struct blob *anchor = visitor->anchor;
    unsigned char digest[CERT_FINGERPRINT_SIZE] = {0};
    struct buffer key = {0};
    gnutls_hash_fast(GNUTLS_DIG_SHA256, anchor->data, anchor->size, digest);
    buffer_printf(&key, "%s %u %s", visitor->host ? visitor->host : "", visitor->port,
                  visitor->language);
    bool ok = append_fingerprint(&key, cert_info(visitor->cert)->fingerprint) &&
              append_fingerprint(&key, digest);
    key.failed |= !ok;
    return buffer_take(&key);
}

static bool make_zip(const struct trust_visitor *visitor, struct blob *out, struct error *err) {
    const struct blob *anchor = visitor->anchor;
    struct deployment_files files = {0};
    struct cert_info info = {0};
    if (!cert_info_read(anchor, &info, err))
        return false;
    const struct deployment deployment = {
        .anchor = anchor,
        .info = &info,
        .is_authority = !blob_equal(anchor, cert_chain(visitor->cert, 0)),
        .host = visitor->host,
        .port = visitor->port,
        .language = visitor->language,
    };
    bool ok = deployment_make(&deployment, &files, err) && deployment_zip(&files, out, err);
    deployment_files_finish(&files);
    cert_info_finish(&info);
    return ok;
}

static void write_etag(const struct blob *zip, char out[static TRUST_DOWNLOAD_ETAG_SIZE]) {
    unsigned char digest[CERT_FINGERPRINT_SIZE] = {0};
    char *end = out;
    gnutls_hash_fast(GNUTLS_DIG_SHA256, zip->data, zip->size, digest);
    *end++ = '"';
    for (size_t i = 0; i < ETAG_BYTES; i++)
        end += snprintf(end, 3, "%02x", digest[i]);
    *end++ = '"';
    *end = '\0';
}

/* Takes the key. */
static struct kept *make(const struct trust_visitor *visitor, char *key, struct error *err) {
    struct kept *kept = calloc(1, sizeof *kept);
    if (!kept) {
        free(key);
        error_set(err, ERROR_MEMORY, "download: out of memory");
        return NULL;
    }
    kept->key = key;
    if (!make_zip(visitor, &kept->download.zip, err)) {
        kept_destroy(kept);
        return NULL;
    }
    write_etag(&kept->download.zip, kept->download.etag);
    return kept;
}

/* ---- all of them ---- */

/* Under the lock: for one more user. */
static struct kept *find(struct trust_downloads *downloads, const char *key) {
    for (size_t i = 0; i < KEPT; i++) {
        struct kept *kept = downloads->table[i];
        if (kept && strcmp(kept->key, key) == 0) {
            kept->last_use = ++downloads->uses;
            kept->users++;
            return kept;
        }
    }
    return NULL;
}

/* Under the lock: in the place of the one that was not used for longest. */
static void keep(struct trust_downloads *downloads, struct kept *kept) {
    size_t place = 0;
    for (size_t i = 0; i < KEPT && downloads->table[place]; i++)
        if (!downloads->table[i] ||
            downloads->table[i]->last_use < downloads->table[place]->last_use)
            place = i;
    drop(downloads->table[place]);
    kept->last_use = ++downloads->uses;
    kept->users = 2;
    downloads->table[place] = kept;
}

/* It is made outside of the lock: who asks for another one need not wait. */
bool trust_downloads_get(struct trust_downloads *downloads, const struct trust_visitor *visitor,
                         const struct trust_download **out, struct error *err) {
    char *key = key_of(visitor);
    if (!key) {
        error_set(err, ERROR_MEMORY, "download: out of memory");
        return false;
    }
    pthread_mutex_lock(&downloads->mutex);
    struct kept *kept = find(downloads, key);
    pthread_mutex_unlock(&downloads->mutex);
    if (kept)
        free(key);
    else {
        kept = make(visitor, key, err);
        if (!kept)
            return false;
        pthread_mutex_lock(&downloads->mutex);
        keep(downloads, kept);
        pthread_mutex_unlock(&downloads->mutex);
    }
    *out = &kept->download;
    return true;
}
