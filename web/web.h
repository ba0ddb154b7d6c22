/* What a visitor sees: pages in three languages, styles and pictures, embedded and pre-compressed
 * at build. Everything here is immutable and safe from any thread. No page needs script, none
 * loads anything from elsewhere, none has an inline style or script. */
#pragma once

#include "base/blob.h"

#include <stdbool.h>
#include <stdint.h>

enum web_language { WEB_ENGLISH, WEB_FRENCH, WEB_GERMAN, WEB_LANGUAGES };
enum web_coding { WEB_IDENTITY, WEB_GZIP, WEB_BROTLI, WEB_CODINGS };

struct web_body {
    const unsigned char *data;
    size_t size;
    const char *etag; /* a strong entity tag with its quotes (RFC 9110, 8.8.3); differs by language
                         and coding */
};

struct web_asset {
    const char *path;         /* "/", "/password", "/style.css" */
    const char *content_type; /* "text/html; charset=utf-8" */
    bool by_language;         /* false: the same body for every language */
    bool immutable;           /* may be cached for long (its path carries a hash of the content) */
    struct web_body bodies[WEB_LANGUAGES][WEB_CODINGS]; /* data NULL: not worth compressing */
};

/* The asset at a path (without query), or NULL. */
const struct web_asset *web_asset_find(const char *path);
size_t web_asset_count(void);
const struct web_asset *web_asset_at(size_t i); /* consecutive elements of one array */

/* Accept-Language (RFC 9110, 12.5.4; q-values, ranges like de-AT, *); NULL: English. */
enum web_language web_language_choose(const char *accept_language);
/* Accept-Encoding (12.5.3; q-values, identity, *): the best coding allowed; NULL: identity. */
enum web_coding web_coding_choose(const char *accept_encoding);
const char *web_language_tag(enum web_language language); /* "en" */
const char *web_coding_name(enum web_coding coding);      /* "gzip", "br"; NULL for identity */

/* What /connection tells; borrowed. Everything that came from the client is escaped by the
 * renderer. */
struct web_connection {
    const char *host;        /* the name or address the visitor used (Host without port), or NULL */
    const char *server_name; /* sent by TLS, or NULL */
    const char *local_address;
    uint16_t local_port;
    const char *client_address;
    const char *service;     /* "web-access" */
    const char *tls_version; /* "TLS 1.3" */
    const char *cipher;      /* "AES-256-GCM", or the suite's name */
    bool resumed;
    bool name_covered; /* does the name used stand in the certificate? */
    const char *entry; /* the store's name for it */
    const char *subject, *issuer;
    const char *const *names; /* DNS names and addresses of the SAN, NULL-terminated */
    int64_t not_before, not_after, now;
    const char *key, *serial, *fingerprint, *thumbprint;
};

/* Appends the whole HTML page. */
void web_connection_render(enum web_language language, const struct web_connection *connection,
                           struct buffer *out);

/* A page for an error status (400, 404, 405, 414, 431, 500, 503…), saying what and what to do. */
void web_error_render(enum web_language language, unsigned status, struct buffer *out);

/* Appends text with & < > " ' escaped for HTML; control characters become U+FFFD. */
void web_escape(struct buffer *out, const char *text);
