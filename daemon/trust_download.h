/* What GET /trust.zip gives: everything that makes clients trust the certificate they were shown.
 *
 * Made when it is asked for and kept for whoever asks next, a few of them; any thread. */
#pragma once

#include "certs/cert.h"

enum { TRUST_DOWNLOAD_ETAG_SIZE = 2 + 32 + 1 };

/* Never changed; counted. */
struct trust_download {
    struct blob zip;
    char etag[TRUST_DOWNLOAD_ETAG_SIZE]; /* with its quotes */
};

struct trust_downloads;
bool trust_downloads_create(struct trust_downloads **out, struct error *err);
void trust_downloads_destroy(struct trust_downloads *downloads); /* NULL is legal */

/* For whom. Borrowed. */
struct trust_visitor {
    const struct cert *cert;   /* that the connection was given */
    const struct blob *anchor; /* what clients must trust for it, DER */
    const char *host;          /* that the texts name, normalised; NULL: none */
    uint16_t port;
    const char *language; /* "en" */
};

/* Gives `out`: trust_download_release. */
bool trust_downloads_get(struct trust_downloads *downloads, const struct trust_visitor *visitor,
                         const struct trust_download **out, struct error *err);
void trust_download_release(struct trust_downloads *downloads,
                            const struct trust_download *download);
