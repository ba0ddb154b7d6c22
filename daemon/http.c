#include "daemon/http.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/access_log.h"
#include "daemon/connection.h"
#include "daemon/framing.h"
#include "daemon/listener.h"
#include "daemon/metrics.h"
#include "daemon/redirect.h"
#include "daemon/respond.h"
#include "daemon/routes.h"
#include "daemon/tls_front.h"
#include "daemon/verdict.h"
#include "platform/stream.h"

#include <stdlib.h>
#include <string.h>

/* ---- connections ---- */

static int socket_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void note_client(struct connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr)
        socket_address_copy(info->client_addr, &connection->client);
}

static ssize_t pull_nothing(gnutls_transport_ptr_t context, void *data, size_t size) {
    (void)context;
    (void)data;
    (void)size;
    return 0;
}

/* Nothing is served on this connection. What the client has sent already must not get to callbacks
 * that take the session's transport pointer for a connection of ours. */
static void turn_away(struct MHD_Connection *mhd, bool tls) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (tls && info)
        gnutls_transport_set_pull_function(info->tls_session, pull_nothing);
    stream_shutdown(socket_of(mhd));
}

static void begin(struct listener *listener, struct MHD_Connection *mhd, void **socket_context) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        turn_away(mhd, listener_settings(listener)->tls);
        return;
    }
    connection->listener = listener;
    connection->mhd = mhd;
    connection->socket = socket_of(mhd);
    note_client(connection);
    if (!listener_add(listener, connection)) {
        free(connection);
        turn_away(mhd, listener_settings(listener)->tls);
        return;
    }
    *socket_context = connection;
    if (!listener_settings(listener)->tls)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    connection->session = info->tls_session;
    connection->certs = cert_slot_acquire(listener_certs(listener));
    tls_front_begin(listener_tls_front(listener), connection);
}

static void clear_request(struct request *request) {
    free(request->target_copy);
    free(request->log_line);
    free(request->log_referrer);
    free(request->log_agent);
    *request = (struct request){0};
}

static void end(struct connection *connection) {
    tls_front_end(connection);
    listener_remove(connection->listener, connection);
    cert_set_release(connection->certs);
    cert_release(connection->cert);
    clear_request(&connection->request);
    free(connection);
}

void http_on_connection(void *listener, struct MHD_Connection *mhd, void **socket_context,
                        enum MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        begin(listener, mhd, socket_context);
    else if (*socket_context) {
        end(*socket_context);
        *socket_context = NULL;
    }
}

static struct connection *connection_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void connection_local_address(const struct connection *connection,
                              char host[static SOCKET_TEXT_SIZE], uint16_t *port) {
    struct socket_address local;
    if (!socket_bound_address(connection->socket, &local, NULL))
        local = *listener_bound(connection->listener);
    socket_address_host((const struct sockaddr *)&local.storage, host);
    if (port)
        *port = socket_address_port((const struct sockaddr *)&local.storage);
}

/* ---- requests ---- */

static void note_authority(struct request *request) {
    size_t size;
    char host[REQUEST_HOST_SIZE];
    const char *authority = target_authority(request->target, &size);
    request->authority_bad = authority && !authority_parse(authority, size, host, NULL);
}

/* Nothing here takes arguments, and the library would keep a record of each, more than it has
 * memory for: it gets an empty query. It hands out its own buffer, which it goes on to write. */
static void drop_arguments(const char *target) {
    char *query = target ? strchr((char *)target, '?') : NULL;
    if (query && query[1] != '\0')
        query[1] = '\0';
}

/* The only look at the target as it was sent: it is decoded in place afterwards. */
void *http_on_request_line(void *listener, const char *target, struct MHD_Connection *mhd) {
    struct connection *connection = connection_of(mhd);
    if (!connection)
        return NULL;
    struct request *request = &connection->request;
    clear_request(request);
    listener_note_bytes(connection);
    verdict_tell(connection, true);
    request->target = target ? target : "";
    request->target_size = strlen(request->target);
    request->target_sound = target_is_sound(request->target, request->target_size);
    if (!listener_settings(listener)->tls || listener_settings(listener)->access_log)
        request->target_copy = strndup(request->target, 8192);
    note_authority(request);
    drop_arguments(target);
    listener_set_busy(connection, true);
    return connection;
}

static char *copy_header(struct connection *connection, const char *name) {
    const char *value = MHD_lookup_connection_value(connection->mhd, MHD_HEADER_KIND, name);
    return value ? strdup(value) : NULL;
}

static void note_for_access_log(struct connection *connection, const char *method,
                                const char *version) {
    struct request *request = &connection->request;
    if (!listener_settings(connection->listener)->access_log)
        return;
    struct buffer line = {0};
    buffer_printf(&line, "%s %s %s", method, request->target_copy ? request->target_copy : "-",
                  version);
    request->log_line = buffer_take(&line);
    request->log_referrer = copy_header(connection, "Referer");
    request->log_agent = copy_header(connection, "User-Agent");
}

/* Before any content is read. Gives MHD_YES to go on: an answer to the first call would close the
 * connection after it. */
static enum MHD_Result look(struct connection *connection, const char *url, const char *method,
                            const char *version) {
    struct request *request = &connection->request;
    const char *why = NULL, *allow = NULL;
    request->seen = true;
    atomic_store(&connection->head_since_ms, 0);
    request->is_head = strcmp(method, "HEAD") == 0;
    note_for_access_log(connection, method, version);
    unsigned status = framing_check(connection, method, version, &why);
    if (status == 0 && request->content && listener_settings(connection->listener)->tls) {
        /* Nothing here takes content: refused for what is wrong with the rest first. */
        status = routes_refusal(url, method, &allow);
        if (status == 0)
            status = MHD_HTTP_CONTENT_TOO_LARGE;
        why = "content where none belongs";
    } else if (status == 0 && request->content) {
        status = MHD_HTTP_CONTENT_TOO_LARGE;
        why = "content where none belongs";
    }
    if (status == 0)
        return MHD_YES;
    char client[SOCKET_TEXT_SIZE];
    log_debug("http", "request of %s refused with %u: %s",
              socket_address_host((const struct sockaddr *)&connection->client, client), status,
              why);
    return respond_and_close(connection, status, allow);
}

enum MHD_Result http_on_request(void *listener, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *content,
                                size_t *content_size, void **request_context) {
    (void)content;
    struct connection *connection = *request_context;
    if (!connection)
        return MHD_NO;
    (void)mhd;
    if (!connection->request.seen)
        return look(connection, url, method, version);
    if (*content_size > 0) {
        *content_size = 0;
        return MHD_YES;
    }
    return listener_settings(listener)->tls ? routes_answer(connection, url, method)
                                            : redirect_answer(connection);
}

void http_on_request_end(void *listener, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode how) {
    (void)mhd;
    (void)how;
    struct connection *connection = *request_context;
    *request_context = NULL;
    if (!connection)
        return;
    metrics_count_request(listener_metrics(listener), connection->request.status);
    struct access_log *log = listener_settings(listener)->access_log;
    if (log && connection->request.status != 0)
        access_log_write(log, connection);
    clear_request(&connection->request);
    atomic_store(&connection->head_since_ms, 0);
    listener_set_busy(connection, false);
}
