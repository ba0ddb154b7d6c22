#include "lab/index.h"

#include "http/small_server.h"
#include "lab/page.h"
#include "lab/report.h"
#include "lab/run.h"
#include "platform/socket.h"
#include "web/web.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS = 32, /* each may hold a whole report that its client is slow to read */
    IDLE_TIMEOUT_S = 10,
    MEMORY = 16384,
    OCSP_LIMIT = 4096, /* bytes of a request, which are some hundred */
};

#define OCSP_PATH "/ocsp"

struct lab_index {
    struct lab_run *run; /* borrowed */
    struct small_server *server;
    struct socket_address bound;
};

/* A request on its way: what was posted. */
struct posted {
    unsigned char data[OCSP_LIMIT];
    size_t size;
    bool too_large;
};

/* ---- answers ---- */

static void add_headers(struct MHD_Response *response, const char *type) {
    static const char *const headers[][2] = {
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
         "form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
    };
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

/* `allow`: the methods that there are, where another was used; else NULL. */
static enum MHD_Result answer_with(struct MHD_Connection *connection, unsigned status,
                                   const char *type, const void *data, size_t size,
                                   const char *allow) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(response, type);
    if (allow)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              const void *data, size_t size) {
    return answer_with(connection, status, type, data, size, NULL);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status,
                              const char *text) {
    return answer(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* To the first call of a request, which closes the connection: whatever content it brings stays
 * unread. */
static enum MHD_Result refuse_method(struct MHD_Connection *connection, const char *url) {
    static const char text[] = "this is answered to GET and HEAD, OCSP requests to POST, too\n";
    bool is_ocsp = strcmp(url, OCSP_PATH) == 0;
    return answer_with(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", text,
                       strlen(text), is_ocsp ? "GET, HEAD, POST" : "GET, HEAD");
}

/* Empties the buffer. */
static enum MHD_Result answer_buffer(struct MHD_Connection *connection, const char *type,
                                     struct buffer *body) {
    enum MHD_Result result =
        body->failed
            ? refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n")
            : answer(connection, MHD_HTTP_OK, type, body->data ? body->data : "", body->size);
    buffer_finish(body);
    return result;
}

static void append_json(json_t *value, struct buffer *out) {
    char *text = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    if (text) {
        buffer_append_text(out, text);
        buffer_append_text(out, "\n");
    } else {
        out->failed = true;
    }
    free(text);
}

/* ---- what there is ---- */

static json_t *report_of(const struct lab_run *run) {
    return lab_report(lab_run_name(run), lab_run_record(run));
}

static void write_description(struct lab_run *run, struct buffer *out) {
    json_t *description = lab_run_describe(run);
    append_json(description, out);
    json_decref(description);
}

static void write_report(struct lab_run *run, struct buffer *out) {
    json_t *report = report_of(run);
    append_json(report, out);
    json_decref(report);
}

static void write_junit(struct lab_run *run, struct buffer *out) {
    json_t *report = report_of(run);
    lab_report_junit(report, out);
    out->failed |= !report;
    json_decref(report);
}

static void write_tap(struct lab_run *run, struct buffer *out) {
    json_t *report = report_of(run);
    lab_report_tap(report, out);
    out->failed |= !report;
    json_decref(report);
}

static void write_hosts(struct lab_run *run, struct buffer *out) {
    lab_run_hosts(run, out);
}

static void write_anchors(struct lab_run *run, struct buffer *out) {
    out->failed |= !lab_run_anchors(run, out, NULL);
}

static void write_revocation_list(struct lab_run *run, struct buffer *out) {
    struct blob list = {0};
    if (lab_run_revocation_list(run, &list, NULL))
        buffer_append(out, list.data, list.size);
    else
        out->failed = true;
    blob_finish(&list);
}

static const struct file {
    const char *path, *type;
    void (*write)(struct lab_run *run, struct buffer *out);
} files[] = {
    {"/lab.json", "application/json", write_description},
    {"/report.json", "application/json", write_report},
    {"/report.xml", "application/xml", write_junit},
    {"/report.tap", "text/plain; charset=utf-8", write_tap},
    {"/hosts", "text/plain; charset=utf-8", write_hosts},
    {"/ca.pem", "application/x-pem-file", write_anchors},
    {"/crl", "application/pkix-crl", write_revocation_list},
};

static const char *request_field(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *client_address(struct MHD_Connection *connection,
                                  char out[static SOCKET_TEXT_SIZE]) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    out[0] = '\0';
    return info && info->client_addr ? socket_address_host(info->client_addr, out) : out;
}

static enum MHD_Result answer_page(struct lab_run *run, struct MHD_Connection *connection) {
    char address[SOCKET_TEXT_SIZE];
    struct buffer page = {0};
    const struct lab_page_visitor visitor = {
        .language = web_language_choose(request_field(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE)),
        .address = client_address(connection, address),
        .agent = request_field(connection, MHD_HTTP_HEADER_USER_AGENT),
    };
    json_t *description = lab_run_describe(run), *report = report_of(run);
    if (description && report)
        lab_page_render(description, report, &visitor, &page);
    else
        page.failed = true;
    json_decref(description);
    json_decref(report);
    return answer_buffer(connection, "text/html; charset=utf-8", &page);
}

/* Style and pictures, which are the same in every language. */
static enum MHD_Result answer_asset(struct MHD_Connection *connection, const char *path) {
    const struct web_asset *asset = web_asset_find(path);
    if (!asset || asset->by_language)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "there is no such page; begin at /\n");
    const struct web_body *body = &asset->bodies[WEB_ENGLISH][WEB_IDENTITY];
    return answer(connection, MHD_HTTP_OK, asset->content_type, body->data, body->size);
}

/* ---- OCSP (RFC 6960, appendix A) ---- */

#define OCSP_TYPE "application/ocsp-response"

static enum MHD_Result answer_ocsp(struct lab_run *run, struct MHD_Connection *connection,
                                   const struct blob *request) {
    /* An OCSPResponse without more than its status: malformedRequest, unauthorized. */
    static const unsigned char malformed[] = {0x30, 0x03, 0x0a, 0x01, 0x01};
    static const unsigned char unauthorized[] = {0x30, 0x03, 0x0a, 0x01, 0x06};
    struct blob response = {0};
    struct error err = {0};
    if (!lab_run_ocsp(run, request, &response, &err))
        return answer(connection, MHD_HTTP_OK, OCSP_TYPE,
                      err.kind == ERROR_INPUT ? malformed : unauthorized, sizeof malformed);
    enum MHD_Result result =
        answer(connection, MHD_HTTP_OK, OCSP_TYPE, response.data, response.size);
    blob_finish(&response);
    return result;
}

/* GET: base64 of the request behind the path. */
static enum MHD_Result answer_ocsp_path(struct lab_run *run, struct MHD_Connection *connection,
                                        const char *base64) {
    gnutls_datum_t text = {(unsigned char *)base64, (unsigned)strlen(base64)}, der = {0};
    if (text.size > OCSP_LIMIT || gnutls_base64_decode2(&text, &der) != 0)
        der = (gnutls_datum_t){0};
    const struct blob request = {der.data, der.size};
    enum MHD_Result result = answer_ocsp(run, connection, &request);
    gnutls_free(der.data);
    return result;
}

static void gather(struct posted *posted, const char *content, size_t *size) {
    size_t room = sizeof posted->data - posted->size;
    size_t taken = *size < room ? *size : room;
    memcpy(posted->data + posted->size, content, taken);
    posted->size += taken;
    posted->too_large |= taken < *size;
    *size = 0;
}

/* ---- requests ---- */

static enum MHD_Result answer_get(struct lab_index *index, struct MHD_Connection *connection,
                                  const char *url) {
    if (strcmp(url, "/") == 0)
        return answer_page(index->run, connection);
    if (strncmp(url, OCSP_PATH "/", sizeof OCSP_PATH) == 0)
        return answer_ocsp_path(index->run, connection, url + sizeof OCSP_PATH);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(url, files[i].path) == 0) {
            struct buffer body = {0};
            files[i].write(index->run, &body);
            return answer_buffer(connection, files[i].type, &body);
        }
    }
    return answer_asset(connection, url);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *content,
                                  size_t *content_size, void **request) {
    struct lab_index *index = context;
    bool is_get =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    bool is_ocsp = strcmp(method, MHD_HTTP_METHOD_POST) == 0 && strcmp(url, OCSP_PATH) == 0;
    (void)version;
    if (!is_get && !is_ocsp)
        return refuse_method(connection, url);
    if (!*request) {
        *request = calloc(1, sizeof(struct posted));
        return *request ? MHD_YES : MHD_NO;
    }
    struct posted *posted = *request;
    if (*content_size > 0) {
        gather(posted, content, content_size);
        return MHD_YES;
    }
    if (is_get)
        return answer_get(index, connection, url);
    const struct blob der = {posted->data, posted->too_large ? 0 : posted->size};
    return answer_ocsp(index->run, connection, &der);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code) {
    (void)context;
    (void)connection;
    (void)code;
    free(*request);
    *request = NULL;
}

/* ---- beginning and end ---- */

static bool start(struct lab_index *index, struct loop *loop, const char *address, uint16_t port,
                  struct error *err) {
    struct small_server_settings settings = {.loop = loop,
                                             .subject = "laboratory",
                                             .answer = on_request,
                                             .completed = on_completed,
                                             .context = index,
                                             .connections = CONNECTIONS,
                                             .idle_timeout_s = IDLE_TIMEOUT_S,
                                             .memory = MEMORY};
    if (!socket_listen(address, port, &settings.socket, err))
        return false;
    if (!socket_bound_address(settings.socket, &index->bound, err)) {
        socket_close(settings.socket);
        return false;
    }
    return small_server_create(&settings, &index->server, err);
}

bool lab_index_create(struct loop *loop, struct lab_run *run, const char *address, uint16_t port,
                      struct lab_index **out, struct error *err) {
    struct lab_index *index = calloc(1, sizeof *index);
    if (!index) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    index->run = run;
    if (!start(index, loop, address, port, err)) {
        free(index);
        return false;
    }
    *out = index;
    return true;
}

void lab_index_destroy(struct lab_index *index) {
    if (!index)
        return;
    small_server_destroy(index->server);
    free(index);
}

uint16_t lab_index_port(const struct lab_index *index) {
    return socket_address_port((const struct sockaddr *)&index->bound.storage);
}
