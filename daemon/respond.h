/* Making answers: prepared ones for what is embedded, built ones for the rest. Every answer carries
 * the security headers. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "web/web.h"

#include <microhttpd.h>
#include <stdint.h>

struct connection;
struct responses;

/* Prepared answers for every embedded asset, language and coding. Immutable; any thread. */
bool responses_create(int64_t hsts_s, struct responses **out, struct error *err);
void responses_destroy(struct responses *responses);

/* Answers with an embedded asset in the language and coding the client prefers, or 304. */
enum MHD_Result respond_asset(struct connection *connection, const struct web_asset *asset);

/* Plain data; NULL fields are left out. */
struct answer {
    unsigned status;
    const char *content_type;
    const char *disposition; /* Content-Disposition */
    const char *allow;
    const char *location;
    const char *language;
    const char *etag; /* may be kept by the client, which asks whether it is still the same; NULL:
                         may not be kept */
    const char *vary; /* by what else than the language it differs */
    bool has_script;  /* the page loads one from here, as no other may */
};

/* Answers with these bytes, which are copied; or with 304, where the client has what `etag` says.
 */
enum MHD_Result respond_bytes(struct connection *connection, const struct answer *answer,
                              const void *data, size_t size);

/* Answers with a page that was rendered in the client's language, of which `answer` need not tell;
 * finishes the page. */
enum MHD_Result respond_page(struct connection *connection, const struct answer *answer,
                             struct buffer *page);

/* An error page in the client's language; `allow` for 405, else NULL. The connection stays open. */
enum MHD_Result respond_error(struct connection *connection, unsigned status, const char *allow);

/* The same, but written past libmicrohttpd, whose memory for this connection may be full, and the
 * connection closes: for a request that cannot be trusted to end where it says. Always MHD_NO. */
enum MHD_Result respond_and_close(struct connection *connection, unsigned status,
                                  const char *allow);

/* The language this client prefers. */
enum web_language request_language(struct connection *connection);

/* A header field of the request, NULL if there is none. Borrowed. */
const char *request_header(struct connection *connection, const char *name);

enum { RESPOND_FILE_NAME_SIZE = 80 };
/* "ENTRY.cer": a download's name from an entry's, which the file system allowed more than a header
 * does. */
void respond_file_name(const char *entry, char out[static RESPOND_FILE_NAME_SIZE]);
