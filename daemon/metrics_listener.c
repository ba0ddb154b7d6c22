#include "daemon/metrics_listener.h"

#include "base/log.h"
#include "conf/conf_words.h"
#include "daemon/metrics_text.h"
#include "platform/file.h"
#include "platform/loop.h"
#include "platform/socket.h"

#include <microhttpd.h>
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
    struct MHD_Daemon *library; /* driven by the loop, without a thread of its own */
    struct loop_source *ready;
    struct loop_timer *timer;
    unsigned connections; /* after its last run */
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

__attribute__((format(printf, 2, 0))) static void log_library(void *context, const char *format,
                                                              va_list arguments) {
    (void)context;
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_debug("metrics", "libmicrohttpd: %s", text);
}

/* ---- the loop ---- */

static void run(void *context) {
    struct metrics_listener *listener = context;
    MHD_UNSIGNED_LONG_LONG in_ms;
    unsigned before = listener->connections;
    MHD_run(listener->library);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(listener->library, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    listener->connections = info ? info->num_connections : 0;
    /* Full, the library stops listening, and begins again at the start of a run: of one that
     * nothing would bring about where the last connection has just gone (0.9.75). */
    if (listener->connections < before)
        loop_timer_set(listener->timer, 0);
    else if (MHD_get_timeout(listener->library, &in_ms) == MHD_YES)
        loop_timer_set(listener->timer, (int64_t)in_ms);
    else
        loop_timer_cancel(listener->timer);
}

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

/* The library takes the socket, also when it fails. */
static bool start_library(struct metrics_listener *listener, int socket, struct error *err) {
    /* The logger first: it is to know of the options behind it. */
    listener->library =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, listener,
                         MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_LISTEN_SOCKET,
                         socket, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
    if (!listener->library)
        error_set(err, ERROR_SYSTEM, "libmicrohttpd cannot serve them");
    return listener->library;
}

static bool start(struct metrics_listener *listener, struct error *err) {
    int socket;
    if (!listen_there(listener, &socket, err) || !start_library(listener, socket, err))
        return false;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(listener->library, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info) {
        error_set(err, ERROR_SYSTEM, "libmicrohttpd has no epoll");
        return false;
    }
    if (!loop_source_create(listener->loop, info->epoll_fd, run, listener, &listener->ready, err))
        return false;
    loop_timer_set(listener->timer, 0);
    return true;
}

static void stop(struct metrics_listener *listener) {
    loop_source_destroy(listener->ready);
    listener->ready = NULL;
    if (listener->library)
        MHD_stop_daemon(listener->library); /* closes the socket, too */
    listener->library = NULL;
    listener->connections = 0;
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
    if (!loop_timer_create(loop, run, listener, &listener->timer, err) || !start(listener, err)) {
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
    loop_timer_destroy(listener->timer);
    free(listener->where);
    free(listener);
}

void metrics_listener_make_way(struct metrics_listener *listener) {
    stop(listener);
    loop_timer_cancel(listener->timer);
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
