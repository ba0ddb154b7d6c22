#include "daemon/listener.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/client_counts.h"
#include "daemon/http.h"
#include "daemon/metrics.h"
#include "daemon/respond.h"
#include "daemon/tls_front.h"
#include "daemon/tls_select.h"
#include "daemon/trust_download.h"
#include "platform/stream.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listener {
    struct listener_settings settings; /* texts are ours */
    struct listener_shared shared;
    struct service_metrics *metrics;
    struct responses *responses;
    struct trust_downloads *downloads;
    struct socket_address bound;
    /* One for each worker rather than the library's own pool, whose MHD_quiesce_daemon aborts the
     * process when a worker wakes at the wrong moment (0.9.75). */
    struct MHD_Daemon **workers;
    int *sockets; /* a descriptor for each worker; closed when it has ended, since it may use it a
                   * moment longer than it is told to */
    bool retired;

    atomic_bool closing;
    atomic_uint connections;
    struct client_counts *clients; /* NULL: no limit for one client */
    pthread_mutex_t mutex;         /* guards the counts, the list and each connection's `busy` */
    struct connection *first;
};

static bool copy_text(const char **text) {
    if (!*text)
        return true;
    *text = strdup(*text);
    return *text != NULL;
}

static bool copy_settings(const struct listener_settings *from, struct listener_settings *out) {
    *out = *from;
    bool ok = copy_text(&out->service);
    ok &= copy_text(&out->address);
    ok &= copy_text(&out->certificate);
    ok &= copy_text(&out->priority);
    ok &= copy_text(&out->redirect_host);
    ok &= copy_text(&out->access_log_path);
    return ok;
}

static void finish_settings(struct listener_settings *settings) {
    free((void *)settings->service);
    free((void *)settings->address);
    free((void *)settings->certificate);
    free((void *)settings->priority);
    free((void *)settings->redirect_host);
    free((void *)settings->access_log_path);
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool listener_serves(const struct listener *listener, const struct listener_settings *settings) {
    const struct listener_settings *ours = &listener->settings;
    return same_text(ours->service, settings->service) &&
           same_text(ours->address, settings->address) && ours->tls == settings->tls &&
           same_text(ours->certificate, settings->certificate) &&
           same_text(ours->priority, settings->priority) &&
           same_text(ours->redirect_host, settings->redirect_host) &&
           ours->redirect_port == settings->redirect_port && ours->workers == settings->workers &&
           ours->connections == settings->connections &&
           ours->connections_per_client == settings->connections_per_client &&
           ours->idle_timeout_s == settings->idle_timeout_s &&
           ours->request_line_bytes == settings->request_line_bytes &&
           ours->header_bytes == settings->header_bytes && ours->hsts_s == settings->hsts_s &&
           same_text(ours->access_log_path, settings->access_log_path) &&
           ours->access_log == settings->access_log;
}

/* ---- libmicrohttpd ---- */

/* Its messages are about single connections and of no use to an administrator. */
__attribute__((format(printf, 2, 0))) static void log_library(void *context, const char *format,
                                                              va_list arguments) {
    const struct listener *listener = context;
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_debug(listener->settings.service, "libmicrohttpd: %s", text);
}

size_t listener_memory(const struct listener *listener) {
    /* Beside the head itself: a record of 64 bytes for each field, which is as much again where
     * lines are 64 bytes long, or a copy of the cookies; and the head of the answer. The memory is
     * zeroed after each request, so an idle connection costs all of it. */
    enum { ANSWER_SIZE = 1280 };
    return 2 * listener->settings.header_bytes + ANSWER_SIZE;
}

/* The library takes the socket, also when it fails. */
static struct MHD_Daemon *start_library(struct listener *listener, int socket) {
    const struct listener_settings *settings = &listener->settings;
    struct MHD_OptionItem options[16];
    size_t used = 0;
#define OPTION(name, number, pointer) \
    options[used++] = (struct MHD_OptionItem){name, (intptr_t)(number), (void *)(pointer)}
    OPTION(MHD_OPTION_LISTEN_SOCKET, socket, NULL);
    OPTION(MHD_OPTION_CONNECTION_LIMIT,
           (settings->connections + settings->workers - 1) / settings->workers, NULL);
    OPTION(MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_timeout_s, NULL);
    OPTION(MHD_OPTION_CONNECTION_MEMORY_LIMIT, listener_memory(listener), NULL);
    if (settings->tls)
        OPTION(MHD_OPTION_HTTPS_PRIORITIES, 0, settings->priority);
    OPTION(MHD_OPTION_END, 0, NULL);
#undef OPTION
    assert(used <= sizeof options / sizeof *options);

    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
    if (!settings->tls)
        return MHD_start_daemon(
            flags, 0, NULL, NULL, http_on_request, listener, MHD_OPTION_EXTERNAL_LOGGER,
            log_library, listener, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, listener,
            MHD_OPTION_NOTIFY_COMPLETED, http_on_request_end, listener, MHD_OPTION_URI_LOG_CALLBACK,
            http_on_request_line, listener, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    return MHD_start_daemon(
        flags | MHD_USE_TLS, 0, NULL, NULL, http_on_request, listener, MHD_OPTION_EXTERNAL_LOGGER,
        log_library, listener, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, listener,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_request_end, listener, MHD_OPTION_URI_LOG_CALLBACK,
        http_on_request_line, listener, MHD_OPTION_HTTPS_CERT_CALLBACK2, tls_select_certificate,
        MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static void free_listener(struct listener *listener) {
    responses_destroy(listener->responses);
    trust_downloads_destroy(listener->downloads);
    finish_settings(&listener->settings);
    pthread_mutex_destroy(&listener->mutex);
    free(listener->workers);
    free(listener->sockets);
    client_counts_destroy(listener->clients);
    free(listener);
}

static bool start_worker(struct listener *listener, unsigned i, int socket, struct error *err) {
    int own;
    if (!socket_share(socket, &own, err))
        return false;
    listener->workers[i] = start_library(listener, own);
    if (listener->workers[i]) {
        listener->sockets[i] = own;
        return true;
    }
    char text[SOCKET_TEXT_SIZE];
    error_set(err, ERROR_SYSTEM, "service %s: libmicrohttpd cannot serve %s",
              listener->settings.service,
              socket_address_text((struct sockaddr *)&listener->bound.storage, text));
    return false;
}

bool listener_start(const struct listener_settings *settings, const struct listener_shared *shared,
                    int socket, struct listener **out, struct error *err) {
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        error_set(err, ERROR_MEMORY, "listener: out of memory");
        return false;
    }
    pthread_mutex_init(&listener->mutex, NULL);
    listener->shared = *shared;
    listener->workers = calloc(settings->workers, sizeof(struct MHD_Daemon *));
    listener->sockets = calloc(settings->workers, sizeof *listener->sockets);
    if (settings->connections_per_client > 0)
        listener->clients = client_counts_create();
    if (!copy_settings(settings, &listener->settings) || !listener->workers || !listener->sockets ||
        (settings->connections_per_client > 0 && !listener->clients)) {
        error_set(err, ERROR_MEMORY, "listener: out of memory");
        goto failed;
    }
    if (!metrics_service(shared->metrics, settings->service, &listener->metrics, err) ||
        !socket_bound_address(socket, &listener->bound, err) ||
        !responses_create(settings->hsts_s, &listener->responses, err) ||
        !trust_downloads_create(&listener->downloads, err))
        goto failed;
    for (unsigned i = 0; i < settings->workers; i++)
        if (!start_worker(listener, i, socket, err)) {
            listener_destroy(listener);
            return false;
        }
    *out = listener;
    return true;
failed:
    free_listener(listener);
    return false;
}

void listener_retire(struct listener *listener) {
    if (listener->retired)
        return;
    listener->retired = true;
    for (unsigned i = 0; i < listener->settings.workers; i++)
        if (listener->workers[i])
            MHD_quiesce_daemon(listener->workers[i]);
}

/* An idle connection reads the end of its stream, and its worker closes it. */
static void close_if_idle(struct connection *connection) {
    bool begins = atomic_load_explicit(&connection->head_since_ms, memory_order_relaxed) != 0;
    if (!connection->busy && !begins)
        stream_shutdown_reading(connection->socket);
}

void listener_close_connections(struct listener *listener) {
    atomic_store(&listener->closing, true);
    if (listener->settings.tls)
        handshake_gate_expel(listener->shared.gate, listener);
    pthread_mutex_lock(&listener->mutex);
    for (struct connection *c = listener->first; c; c = c->next)
        close_if_idle(c);
    pthread_mutex_unlock(&listener->mutex);
}

void listener_note_bytes(struct connection *connection) {
    if (atomic_load_explicit(&connection->head_since_ms, memory_order_relaxed) == 0 &&
        !connection->request.seen)
        atomic_store_explicit(&connection->head_since_ms, time_monotonic_ms(),
                              memory_order_relaxed);
}

void listener_end_slow_requests(struct listener *listener, int64_t now_ms) {
    int64_t allowed_ms = (int64_t)listener->settings.idle_timeout_s * 1000;
    pthread_mutex_lock(&listener->mutex);
    for (struct connection *c = listener->first; c; c = c->next) {
        int64_t since_ms = atomic_load_explicit(&c->head_since_ms, memory_order_relaxed);
        if (since_ms != 0 && now_ms - since_ms > allowed_ms)
            stream_shutdown(c->socket);
    }
    pthread_mutex_unlock(&listener->mutex);
}

void listener_destroy(struct listener *listener) {
    if (!listener)
        return;
    /* A suspended connection must not meet the end of its daemon. */
    atomic_store(&listener->closing, true);
    if (listener->settings.tls)
        handshake_gate_expel(listener->shared.gate, listener);
    /* Also tells that the sockets are ours: the library closes those of a worker still accepting.
     */
    listener_retire(listener);
    for (unsigned i = 0; i < listener->settings.workers; i++)
        if (listener->workers[i]) {
            MHD_stop_daemon(listener->workers[i]);
            socket_close(listener->sockets[i]);
        }
    free_listener(listener);
}

/* ---- its connections ---- */

bool listener_add(struct listener *listener, struct connection *connection) {
    const struct sockaddr *client = (const struct sockaddr *)&connection->client;
    pthread_mutex_lock(&listener->mutex);
    bool allowed =
        !listener->clients ||
        client_counts_add(listener->clients, client, listener->settings.connections_per_client);
    if (!allowed) {
        pthread_mutex_unlock(&listener->mutex);
        return false;
    }
    atomic_fetch_add(&listener->connections, 1);
    metrics_count_connection(listener->metrics, 1);
    connection->next = listener->first;
    if (listener->first)
        listener->first->previous = connection;
    listener->first = connection;
    /* One that was accepted at the last moment. */
    if (atomic_load(&listener->closing))
        close_if_idle(connection);
    pthread_mutex_unlock(&listener->mutex);
    return true;
}

void listener_remove(struct listener *listener, struct connection *connection) {
    pthread_mutex_lock(&listener->mutex);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        listener->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (listener->clients)
        client_counts_remove(listener->clients, (const struct sockaddr *)&connection->client);
    pthread_mutex_unlock(&listener->mutex);
    metrics_count_connection(listener->metrics, -1);
    atomic_fetch_sub(&listener->connections, 1);
}

void listener_set_busy(struct connection *connection, bool busy) {
    struct listener *listener = connection->listener;
    pthread_mutex_lock(&listener->mutex);
    connection->busy = busy;
    if (atomic_load(&listener->closing))
        close_if_idle(connection);
    pthread_mutex_unlock(&listener->mutex);
}

unsigned listener_connections(const struct listener *listener) {
    return atomic_load(&listener->connections);
}

bool listener_is_closing(const struct listener *listener) {
    return atomic_load(&listener->closing);
}

const struct listener_settings *listener_settings(const struct listener *listener) {
    return &listener->settings;
}

const struct socket_address *listener_bound(const struct listener *listener) {
    return &listener->bound;
}

const char *listener_pinned_certificate(const struct listener *listener) {
    return listener->settings.certificate;
}

struct handshake_gate *listener_gate(const struct listener *listener) {
    return listener->shared.gate;
}

struct refusals *listener_refusals(const struct listener *listener) {
    return listener->shared.refusals;
}

struct clients_seen *listener_clients_seen(const struct listener *listener) {
    return listener->shared.clients_seen;
}

struct service_metrics *listener_metrics(const struct listener *listener) {
    return listener->metrics;
}

const struct responses *listener_responses(const struct listener *listener) {
    return listener->responses;
}

struct trust_downloads *listener_downloads(const struct listener *listener) {
    return listener->downloads;
}

struct cert_slot *listener_certs(const struct listener *listener) {
    return listener->shared.certs;
}

struct tls_front *listener_tls_front(const struct listener *listener) {
    return listener->shared.tls_front;
}
