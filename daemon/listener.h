/* One listening socket with the libmicrohttpd daemon that serves it.
 *
 * Settled when it starts: a change of configuration retires a listener and starts another on the
 * same socket, while the retired one's connections live on. All functions without another word
 * belong to the loop's thread. */
#pragma once

#include "base/error.h"
#include "daemon/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_log;
struct cert_slot;
struct clients_seen;
struct handshake_gate;
struct metrics;
struct refusals;
struct responses;
struct service_metrics;
struct tls_front;
struct trust_downloads;

/* What the listeners share; outlives them. */
struct listener_shared {
    struct cert_slot *certs;
    struct handshake_gate *gate;
    struct tls_front *tls_front;
    struct refusals *refusals;
    struct clients_seen *clients_seen;
    struct metrics *metrics;
};

/* Plain data; texts are copied. */
struct listener_settings {
    const char *service;
    const char *address; /* as configured: "127.0.0.1", "*", "systemd:web" */
    bool tls;
    const char *certificate;   /* pinned entry, or NULL */
    const char *priority;      /* GnuTLS priority string */
    bool tls12, tls13;         /* versions that the priority string allows */
    const char *redirect_host; /* without TLS: where to; NULL: the host the client used */
    uint16_t redirect_port;
    unsigned workers;                /* threads, at least 1 */
    unsigned connections;            /* at most, of all workers together */
    unsigned connections_per_client; /* 0: no limit */
    unsigned idle_timeout_s;
    size_t request_line_bytes;
    size_t header_bytes;
    int64_t hsts_s;
    const char *access_log_path;   /* NULL: none */
    struct access_log *access_log; /* borrowed; NULL: none */
};

/* Serves `socket` (bound and listening) through descriptors of its own; it stays the caller's. */
bool listener_start(const struct listener_settings *settings, const struct listener_shared *shared,
                    int socket, struct listener **out, struct error *err);

/* Would these settings make the same listener? */
bool listener_serves(const struct listener *listener, const struct listener_settings *settings);

/* Stops accepting. Open connections live on. Twice is legal. */
void listener_retire(struct listener *listener);
/* Tells the connections of a retired listener to close: idle ones now, busy ones after their
 * answer. */
void listener_close_connections(struct listener *listener);
/* Ends what is left of a listener, frees it; NULL is legal. */
void listener_destroy(struct listener *listener);

/* Ends connections whose request has been coming in for longer than the idle timeout: one that
 * sends a byte now and then is never idle. `now_ms`: monotonic. */
void listener_end_slow_requests(struct listener *listener, int64_t now_ms);

/* Any thread. */
unsigned listener_connections(const struct listener *listener);
bool listener_is_closing(const struct listener *listener);
const struct listener_settings *listener_settings(const struct listener *listener);
const struct socket_address *listener_bound(const struct listener *listener);
const char *listener_pinned_certificate(const struct listener *listener);
struct handshake_gate *listener_gate(const struct listener *listener);
struct refusals *listener_refusals(const struct listener *listener);
struct clients_seen *listener_clients_seen(const struct listener *listener);
struct service_metrics *listener_metrics(const struct listener *listener); /* its service's */
const struct responses *listener_responses(const struct listener *listener);
struct trust_downloads *listener_downloads(const struct listener *listener);

/* Bytes that libmicrohttpd has for each connection's request and the head of its answer. */
size_t listener_memory(const struct listener *listener);
struct cert_slot *listener_certs(const struct listener *listener);
struct tls_front *listener_tls_front(const struct listener *listener);

/* Worker thread: a connection begins, ends. False if its client has too many already. */
bool listener_add(struct listener *listener, struct connection *connection);
void listener_remove(struct listener *listener, struct connection *connection);

/* Worker thread: bytes came on an established connection: a request begins, if none has. */
void listener_note_bytes(struct connection *connection);

/* Worker thread: a request begins or ends; the listener closes idle connections by it. */
void listener_set_busy(struct connection *connection, bool busy);
