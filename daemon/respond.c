#include "daemon/respond.h"

#include "daemon/connection.h"
#include "daemon/listener.h"
#include "daemon/request_target.h"
#include "platform/stream.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLICY                                                                                    \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " \
    "frame-ancestors 'none'"
static const char policy[] = POLICY;
static const char policy_with_script[] = POLICY "; script-src 'self'"; /* of workers, too */

/* On every answer, beside the policy. Strict-Transport-Security comes only where it is configured:
 * it would lock the visitors of a self-signed server out. */
static const struct {
    const char *name, *value;
} security_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};
enum { SECURITY_HEADERS = sizeof security_headers / sizeof *security_headers };

static bool add_header(struct MHD_Response *response, const char *name, const char *value) {
    return !value || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_common_headers(struct MHD_Response *response, bool has_script, int64_t hsts_s) {
    if (!add_header(response, "Content-Security-Policy", has_script ? policy_with_script : policy))
        return false;
    for (size_t i = 0; i < SECURITY_HEADERS; i++)
        if (!add_header(response, security_headers[i].name, security_headers[i].value))
            return false;
    if (hsts_s > 0) {
        char value[48];
        snprintf(value, sizeof value, "max-age=%" PRId64, hsts_s);
        return add_header(response, "Strict-Transport-Security", value);
    }
    return true;
}

/* ---- prepared answers ---- */

struct prepared {
    struct MHD_Response *full;
    struct MHD_Response *not_modified;
    size_t size;
};

struct responses {
    int64_t hsts_s;
    size_t count; /* of assets */
    struct prepared (*assets)[WEB_LANGUAGES][WEB_CODINGS];
};

static const char *caching_of(const struct web_asset *asset) {
    if (asset->immutable)
        return "public, max-age=31536000, immutable";
    return asset->unstored ? "no-store" : "no-cache";
}

static bool add_asset_headers(struct MHD_Response *response, const struct web_asset *asset,
                              enum web_language language, enum web_coding coding, int64_t hsts_s) {
    return add_common_headers(response, false, hsts_s) &&
           add_header(response, "ETag",
                      asset->unstored ? NULL : asset->bodies[language][coding].etag) &&
           add_header(response, "Cache-Control", caching_of(asset)) &&
           add_header(response, "Vary",
                      asset->by_language ? "Accept-Language, Accept-Encoding" : "Accept-Encoding");
}

static bool prepare(struct prepared *out, const struct web_asset *asset, enum web_language language,
                    enum web_coding coding, int64_t hsts_s) {
    const struct web_body *body = &asset->bodies[language][coding];
    if (!body->data)
        return true;
    out->size = body->size;
    out->full =
        MHD_create_response_from_buffer(body->size, (void *)body->data, MHD_RESPMEM_PERSISTENT);
    out->not_modified = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    return out->full && out->not_modified &&
           add_asset_headers(out->full, asset, language, coding, hsts_s) &&
           add_asset_headers(out->not_modified, asset, language, coding, hsts_s) &&
           add_header(out->full, "Content-Type", asset->content_type) &&
           add_header(out->full, "Content-Encoding", web_coding_name(coding)) &&
           add_header(out->full, "Content-Language",
                      asset->by_language ? web_language_tag(language) : NULL);
}

bool responses_create(int64_t hsts_s, struct responses **out, struct error *err) {
    struct responses *responses = calloc(1, sizeof *responses);
    if (!responses)
        goto no_memory;
    responses->hsts_s = hsts_s;
    responses->count = web_asset_count();
    responses->assets = calloc(responses->count, sizeof *responses->assets);
    if (!responses->assets)
        goto no_memory;
    for (size_t i = 0; i < responses->count; i++)
        for (int language = 0; language < WEB_LANGUAGES; language++)
            for (int coding = 0; coding < WEB_CODINGS; coding++)
                if (!prepare(&responses->assets[i][language][coding], web_asset_at(i),
                             (enum web_language)language, (enum web_coding)coding, hsts_s))
                    goto no_memory;
    *out = responses;
    return true;
no_memory:
    responses_destroy(responses);
    error_set(err, ERROR_MEMORY, "prepared answers: out of memory");
    return false;
}

void responses_destroy(struct responses *responses) {
    if (!responses)
        return;
    for (size_t i = 0; responses->assets && i < responses->count; i++)
        for (int language = 0; language < WEB_LANGUAGES; language++)
            for (int coding = 0; coding < WEB_CODINGS; coding++) {
                struct prepared *prepared = &responses->assets[i][language][coding];
                if (prepared->full)
                    MHD_destroy_response(prepared->full);
                if (prepared->not_modified)
                    MHD_destroy_response(prepared->not_modified);
            }
    free(responses->assets);
    free(responses);
}

/* ---- what the client asks for ---- */

const char *request_header(struct connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection->mhd, MHD_HEADER_KIND, name);
}

enum web_language request_language(struct connection *connection) {
    return web_language_choose(request_header(connection, "Accept-Language"));
}

void respond_file_name(const char *entry, char out[static RESPOND_FILE_NAME_SIZE]) {
    enum { LONGEST = 64 };
    size_t used = 0;
    for (const char *c = entry; *c && used < LONGEST; c++)
        out[used++] = isalnum((unsigned char)*c) || strchr("-_.", *c) ? *c : '_';
    memcpy(out + used, ".cer", sizeof ".cer");
}

/* ---- answers ---- */

static enum MHD_Result queue(struct connection *connection, unsigned status,
                             struct MHD_Response *response, size_t size) {
    connection->request.status = status;
    connection->request.body_bytes = size;
    return MHD_queue_response(connection->mhd, status, response);
}

enum MHD_Result respond_asset(struct connection *connection, const struct web_asset *asset) {
    const struct responses *responses = listener_responses(connection->listener);
    enum web_language language = asset->by_language ? request_language(connection) : WEB_ENGLISH;
    enum web_coding coding = web_coding_choose(request_header(connection, "Accept-Encoding"));
    const struct prepared(*variants)[WEB_CODINGS] =
        (const struct prepared(*)[WEB_CODINGS])responses->assets[asset - web_asset_at(0)];
    if (!variants[language][coding].full)
        coding = WEB_IDENTITY;
    const struct prepared *prepared = &variants[language][coding];
    if (!asset->unstored && entity_tag_listed(request_header(connection, "If-None-Match"),
                                              asset->bodies[language][coding].etag))
        return queue(connection, MHD_HTTP_NOT_MODIFIED, prepared->not_modified, 0);
    if (listener_is_closing(connection->listener)) {
        /* The last answer says so (RFC 9112, 9.6); the prepared ones are everybody's. */
        const struct web_body *body = &asset->bodies[language][WEB_IDENTITY];
        const struct answer last = {.status = MHD_HTTP_OK, .content_type = asset->content_type};
        return respond_bytes(connection, &last, body->data, body->size);
    }
    return queue(connection, MHD_HTTP_OK, prepared->full, prepared->size);
}

enum MHD_Result respond_bytes(struct connection *connection, const struct answer *answer,
                              const void *data, size_t size) {
    const struct answer unchanged = {.status = MHD_HTTP_NOT_MODIFIED, .etag = answer->etag};
    const char *vary = answer->language ? "Accept-Language" : NULL;
    if (answer->etag &&
        entity_tag_listed(request_header(connection, "If-None-Match"), answer->etag)) {
        answer = &unchanged;
        size = 0;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    bool ok = add_common_headers(response, answer->has_script,
                                 listener_settings(connection->listener)->hsts_s) &&
              add_header(response, "Cache-Control", answer->etag ? "no-cache" : "no-store") &&
              add_header(response, "ETag", answer->etag) &&
              add_header(response, "Content-Type", answer->content_type) &&
              add_header(response, "Content-Disposition", answer->disposition) &&
              add_header(response, "Content-Language", answer->language) &&
              add_header(response, "Vary", vary) && add_header(response, "Vary", answer->vary) &&
              add_header(response, "Location", answer->location) &&
              add_header(response, "Allow", answer->allow) &&
              add_header(response, "Connection",
                         listener_is_closing(connection->listener) ? "close" : NULL);
    enum MHD_Result result = ok ? queue(connection, answer->status, response, size) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result respond_page(struct connection *connection, const struct answer *answer,
                             struct buffer *page) {
    struct answer whole = *answer;
    whole.content_type = "text/html; charset=utf-8";
    whole.language = web_language_tag(request_language(connection));
    enum MHD_Result result =
        page->failed ? MHD_NO : respond_bytes(connection, &whole, page->data, page->size);
    buffer_finish(page);
    return result;
}

enum MHD_Result respond_error(struct connection *connection, unsigned status, const char *allow) {
    struct buffer page = {0};
    web_error_render(request_language(connection), status, &page);
    return respond_page(connection, &(struct answer){.status = status, .allow = allow}, &page);
}

/* ---- past the library ---- */

static void append_date(struct buffer *out) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    buffer_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[parts.tm_wday],
                  parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                  parts.tm_min, parts.tm_sec);
}

static void append_headers(struct buffer *out, int64_t hsts_s, const char *language,
                           const char *allow, size_t size) {
    append_date(out);
    buffer_append_text(out, "Connection: close\r\n");
    buffer_printf(out, "Content-Security-Policy: %s\r\n", policy);
    for (size_t i = 0; i < SECURITY_HEADERS; i++)
        buffer_printf(out, "%s: %s\r\n", security_headers[i].name, security_headers[i].value);
    if (hsts_s > 0)
        buffer_printf(out, "Strict-Transport-Security: max-age=%" PRId64 "\r\n", hsts_s);
    if (allow)
        buffer_printf(out, "Allow: %s\r\n", allow);
    buffer_printf(out,
                  "Cache-Control: no-store\r\nContent-Type: text/html; charset=utf-8\r\n"
                  "Content-Language: %s\r\nVary: Accept-Language\r\nContent-Length: %zu\r\n\r\n",
                  language, size);
}

/* A socket that cannot take a page at once has a client that does not read: it gets what fits. */
static void send_directly(struct connection *connection, const struct buffer *answer) {
    if (connection->session) {
        gnutls_record_send(connection->session, answer->data, answer->size);
        return;
    }
    const struct stream_piece piece = {answer->data, answer->size};
    stream_send(connection->socket, &piece, 1);
}

static const char *reason_phrase(unsigned status) {
    const char *phrase = MHD_get_reason_phrase_for(status);
    return phrase ? phrase : "Error";
}

enum MHD_Result respond_and_close(struct connection *connection, unsigned status,
                                  const char *allow) {
    enum web_language language = request_language(connection);
    struct buffer page = {0}, answer = {0};
    web_error_render(language, status, &page);
    buffer_printf(&answer, "HTTP/1.1 %u %s\r\n", status, reason_phrase(status));
    append_headers(&answer, listener_settings(connection->listener)->hsts_s,
                   web_language_tag(language), allow, page.size);
    if (!connection->request.is_head) {
        buffer_append(&answer, page.data, page.size);
        connection->request.body_bytes = page.size;
    }
    connection->request.status = status;
    if (!page.failed && !answer.failed)
        send_directly(connection, &answer);
    buffer_finish(&page);
    buffer_finish(&answer);
    return MHD_NO;
}
