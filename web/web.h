/* What a visitor sees: pages in three languages, styles and pictures, embedded and pre-compressed
 * at build. Everything here is immutable and safe from any thread. No page needs script (/trust has
 * one, which tells what its browser can be asked), none loads anything from elsewhere, none has an
 * inline style or script. */
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
    bool unstored;            /* may not be cached at all */
    struct web_body bodies[WEB_LANGUAGES][WEB_CODINGS]; /* data NULL: not worth compressing */
};

/* The asset at a path (without query), or NULL. */
const struct web_asset *web_asset_find(const char *path);
/* Where a style or picture is served that changes its path with its content: "/style.HASH.css" for
 * "style.css". Of one that exists. */
const char *web_asset_path(const char *name);
size_t web_asset_count(void);
const struct web_asset *web_asset_at(size_t i); /* consecutive elements of one array */

/* Accept-Language (RFC 9110, 12.5.4; q-values, ranges like de-AT, *); NULL: English. */
enum web_language web_language_choose(const char *accept_language);
/* Accept-Encoding (12.5.3; q-values, identity, *): the best coding allowed; NULL: identity. */
enum web_coding web_coding_choose(const char *accept_encoding);
const char *web_language_tag(enum web_language language); /* "en" */
const char *web_coding_name(enum web_coding coding);      /* "gzip", "br"; NULL for identity */

enum web_system {
    WEB_SYSTEM_UNKNOWN,
    WEB_WINDOWS,
    WEB_MACOS, /* and iPads, which say that they were Macs */
    WEB_IOS,
    WEB_ANDROID,
    WEB_LINUX, /* and ChromeOS */
    WEB_SYSTEMS
};
/* By whose steps a visitor comes to trust a certificate. */
struct web_visitor {
    enum web_system system;
    bool is_firefox; /* which has steps of its own; on iOS it has not */
};
/* User-Agent (10.1.5), a guess by what browsers are known to send; NULL: nothing is known. */
struct web_visitor web_visitor_of(const char *user_agent);

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

/* What a condition of trust/conditions.h says, by its word ("used"); NULL if it is none. */
const char *web_condition_text(enum web_language language, const char *word);

/* What /trust tells; borrowed. */
struct web_trust {
    const char *host; /* the name or address the visitor used, or NULL */
    /* The words of the conditions that do not hold, NULL-terminated, without "issuer", of which a
     * server knows nothing. */
    const char *const *failing;
    const char *const *names;           /* of the server's certificate, NULL-terminated */
    int64_t not_before, not_after, now; /* of the server's certificate */
    bool apple_refuses;                 /* it lives too long for Apple's clients */

    /* The certificate to install: the server's own, or that of an authority above it. */
    const char *anchor; /* its subject */
    const char *file;   /* the download's name */
    const char *root;   /* who must be trusted instead, because it is not sent; or NULL */
    bool is_authority;  /* another than the server's own */
    bool may_issue;     /* CA:TRUE, as Android and Firefox' import want it */
    int64_t anchor_not_after;
    const char *fingerprint, *thumbprint;

    struct web_visitor visitor;
};

/* Appends the whole HTML page, which loads /trust.js. */
void web_trust_render(enum web_language language, const struct web_trust *trust,
                      struct buffer *out);

/* A page for an error status (400, 404, 405, 414, 431, 500, 503…), saying what and what to do. */
void web_error_render(enum web_language language, unsigned status, struct buffer *out);

/* Appends text with & < > " ' escaped for HTML; control characters become U+FFFD. */
void web_escape(struct buffer *out, const char *text);
