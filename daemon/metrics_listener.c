#include "daemon/metrics_listener.h"

#include "conf/conf_words.h"
#include "daemon/metrics_text.h"
#include "http/small_server.h"
#include "platform/file.h"
#include "platform/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 16, IDLE_TIMEOUT_S = 10, MEMORY = 8192 };

struct metrics_listener {
    char *where;
    struct metrics_address address;
    struct socket_address bound; /* where it is no path */
    bool listens;                /* on the path, which is ours to remove */
    void (*print)(void *context, struct buffer *out);
    void *context;

    struct loop *loop;
    struct small_server *server;
};

/* ---- requests ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              char *body) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status,
                              const char *text) {
    char *body = strdup(text);
    return body ? answer(connection, status, "text/plain; charset=utf-8", body) : MHD_NO;
}

static enum MHD_Result answer_metrics(const struct metrics_listener *listener,
                                      struct MHD_Connection *connection) {
    struct buffer text = {0};
    listener->print(listener->context, &text);
    char *body = buffer_take(&text);
    if (!body)
        return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    return answer(connection, MHD_HTTP_OK, METRICS_TEXT_TYPE, body);
}

/* Called twice or more for each request: an answer to the first call closes the connection, which
 * is right for methods that may bring content. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *content,
                                  size_t *content_size, void **request) {
    (void)version;
    (void)content;
    bool first = !*request;
    *request = context;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are allowed\n");
    if (first)
        return MHD_YES;
    if (*content_size > 0) {
        *content_size = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/metrics") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
    return answer_metrics(context, connection);
}

/* ---- where ---- */

static bool listen_there(struct metrics_listener *listener, int *socket, struct error *err) {
    const struct metrics_address *address = &listener->address;
    if (address->path) {
        listener->listens = socket_local_listen_for_group(address->path, socket, err);
        return listener->listens;
    }
    if (!socket_listen(address->host, address->port, socket, err))
        return false;
    if (socket_bound_address(*socket, &listener->bound, err))
        return true;
    socket_close(*socket);
    return false;
}

static bool start(struct metrics_listener *listener, struct error *err) {
    struct small_server_settings settings = {.loop = listener->loop,
                                             .subject = "metrics",
                                             .answer = on_request,
                                             .context = listener,
                                             .connections = CONNECTIONS,
                                             .idle_timeout_s = IDLE_TIMEOUT_S,
                                             .memory = MEMORY};
    return listen_there(listener, &settings.socket, err) &&
           small_server_create(&settings, &listener->server, err);
}

static void stop(struct metrics_listener *listener) {
    small_server_destroy(listener->server);
    listener->server = NULL;
    if (listener->listens)
        file_remove(listener->address.path, NULL);
    listener->listens = false;
}

bool metrics_listener_create(struct loop *loop, const char *where,
                             void (*print)(void *context, struct buffer *out), void *context,
                             struct metrics_listener **out, struct error *err) {
    struct metrics_listener *listener = calloc(1, sizeof *listener);
    if (!listener || !(listener->where = strdup(where))) {
        error_set(err, ERROR_MEMORY, "metrics: out of memory");
        free(listener);
        return false;
    }
    listener->loop = loop;
    listener->print = print;
    listener->context = context;
    if (!conf_metrics_parse(listener->where, &listener->address)) {
        error_set(err, ERROR_CONFIG, "metrics: \"%s\" is no address for them", where);
        metrics_listener_destroy(listener);
        return false;
    }
    if (!start(listener, err)) {
        error_prefix(err, "metrics");
        metrics_listener_destroy(listener);
        return false;
    }
    *out = listener;
    return true;
}

void metrics_listener_destroy(struct metrics_listener *listener) {
    if (!listener)
        return;
    stop(listener);
    free(listener->where);
    free(listener);
}

void metrics_listener_make_way(struct metrics_listener *listener) {
    stop(listener);
    if (!listener->address.path)
        listener->address.port =
            socket_address_port((const struct sockaddr *)&listener->bound.storage);
}

bool metrics_listener_return(struct metrics_listener *listener, struct error *err) {
    return start(listener, err);
}

const char *metrics_listener_where(const struct metrics_listener *listener) {
    return listener->where;
}

void metrics_listener_announce(const struct metrics_listener *listener, struct buffer *out) {
    if (listener->address.path) {
        buffer_printf(out, "metrics unix %s 0\n", listener->address.path);
        return;
    }
    const struct sockaddr *bound = (const struct sockaddr *)&listener->bound.storage;
    char host[SOCKET_TEXT_SIZE];
    buffer_printf(out, "metrics http %s %u\n", socket_address_host(bound, host),
                  (unsigned)socket_address_port(bound));
}

void metrics_listener_describe(const struct metrics_listener *listener, struct buffer *out) {
    if (listener->address.path) {
        buffer_append_text(out, listener->address.path);
        return;
    }
    const struct sockaddr *bound = (const struct sockaddr *)&listener->bound.storage;
    char text[SOCKET_TEXT_SIZE];
    buffer_printf(out, "http://%s/metrics", socket_address_text(bound, text));
}
