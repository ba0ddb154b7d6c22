#include "http/small_server.h"

#include "base/log.h"
#include "platform/loop.h"
#include "platform/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct small_server {
    const char *subject;
    struct MHD_Daemon *library;
    struct loop_source *ready;
    struct loop_timer *timer;
    unsigned connections; /* after its last run */
};

__attribute__((format(printf, 2, 0))) static void log_library(void *context, const char *format,
                                                              va_list arguments) {
    const struct small_server *server = context;
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_debug(server->subject, "libmicrohttpd: %s", text);
}

static void run(void *context) {
    struct small_server *server = context;
    MHD_UNSIGNED_LONG_LONG in_ms;
    unsigned before = server->connections;
    MHD_run(server->library);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->library, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    server->connections = info ? info->num_connections : 0;
    /* Full, the library stops listening, and begins again at the start of a run: of one that
     * nothing would bring about where the last connection has just gone (0.9.75). */
    if (server->connections < before)
        loop_timer_set(server->timer, 0);
    else if (MHD_get_timeout(server->library, &in_ms) == MHD_YES)
        loop_timer_set(server->timer, (int64_t)in_ms);
    else
        loop_timer_cancel(server->timer);
}

/* The library takes the socket, also when it fails. */
static bool start_library(struct small_server *server, const struct small_server_settings *settings,
                          struct error *err) {
    /* The logger first: it is to know of the options behind it. */
    server->library = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, settings->answer, settings->context,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, server, MHD_OPTION_LISTEN_SOCKET, settings->socket,
        MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->context,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections, MHD_OPTION_CONNECTION_TIMEOUT,
        settings->idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->memory,
        MHD_OPTION_END);
    if (!server->library)
        error_set(err, ERROR_SYSTEM, "libmicrohttpd cannot serve it");
    return server->library;
}

static bool start(struct small_server *server, const struct small_server_settings *settings,
                  struct error *err) {
    if (!loop_timer_create(settings->loop, run, server, &server->timer, err)) {
        socket_close(settings->socket);
        return false;
    }
    if (!start_library(server, settings, err))
        return false;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->library, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info) {
        error_set(err, ERROR_SYSTEM, "libmicrohttpd has no epoll");
        return false;
    }
    if (!loop_source_create(settings->loop, info->epoll_fd, run, server, &server->ready, err))
        return false;
    loop_timer_set(server->timer, 0);
    return true;
}

bool small_server_create(const struct small_server_settings *settings, struct small_server **out,
                         struct error *err) {
    struct small_server *server = calloc(1, sizeof *server);
    if (!server) {
        error_set(err, ERROR_MEMORY, "out of memory");
        socket_close(settings->socket);
        return false;
    }
    server->subject = settings->subject;
    if (!start(server, settings, err)) {
        small_server_destroy(server);
        return false;
    }
    *out = server;
    return true;
}

void small_server_destroy(struct small_server *server) {
    if (!server)
        return;
    loop_source_destroy(server->ready);
    if (server->library)
        MHD_stop_daemon(server->library); /* closes the socket, too */
    loop_timer_destroy(server->timer);
    free(server);
}
