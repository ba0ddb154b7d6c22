/* The handshake gate: keeps unfinished TLS handshakes out of libmicrohttpd's loop.
 *
 * In epoll mode libmicrohttpd (0.9.75, also 1.0) runs a stalled handshake again and again. The
 * gate supplies the session's transport functions; when an unfinished handshake finds nothing to
 * read, it suspends the connection and waits for the socket itself, in one thread for all
 * listeners. It keeps the deadline that a suspended connection does not have, and observes how
 * the client took our certificate. Only public functions are used. */
#pragma once

#include "base/error.h"
#include "tls/alert_watch.h"

#include <gnutls/gnutls.h>
#include <stdatomic.h>
#include <stdint.h>

struct connection;
struct handshake_gate;

/* How a handshake ended, as seen from the server. */
enum handshake_end {
    HANDSHAKE_OPEN,     /* not over */
    HANDSHAKE_FINISHED, /* both sides finished */
    HANDSHAKE_REFUSED,  /* the client said why in a TLS alert: `alert` */
    HANDSHAKE_LEFT,     /* the client closed after it had seen our certificate, without a word */
    HANDSHAKE_FAILED,   /* no common ground, garbage, or gone before it saw the certificate */
    HANDSHAKE_LATE,     /* the deadline passed */
};

/* The gate's part of a connection. Everything else is for the gate's eyes. */
struct gate_pass {
    struct handshake_gate *gate;
    atomic_bool finished; /* the handshake is over: the gate only moves bytes */
    atomic_bool expired;  /* the deadline passed, or the listener stops */
    bool parked;          /* suspended and armed; under the gate's lock */
    bool listed;          /* in the list of deadlines; under the gate's lock */
    int64_t deadline_ms;
    struct connection *previous, *next;

    bool sent_certificate; /* our certificate is on its way to the client */
    struct alert_watch alerts;
    int alert; /* description of the alert that ended it; 0: none */
    enum handshake_end end;
};

bool handshake_gate_create(int64_t timeout_ms, struct handshake_gate **out, struct error *err);
/* After every connection is gone. */
void handshake_gate_destroy(struct handshake_gate *gate);
void handshake_gate_set_timeout(struct handshake_gate *gate, int64_t timeout_ms);

/* Worker thread, connection's start: takes over the session's transport. */
void handshake_gate_enter(struct handshake_gate *gate, struct connection *connection);

/* Worker thread, when the client's Finished has arrived. */
void handshake_gate_pass(struct connection *connection);

/* Any thread: ends handshakes of connections of this listener now; none of them will be suspended
 * again. Call it before stopping the listener's libmicrohttpd daemon. */
struct listener;
void handshake_gate_expel(struct handshake_gate *gate, const struct listener *listener);

/* Worker thread, at the end of the TLS session, while it can still be asked. */
void handshake_gate_observe_end(struct connection *connection);

/* Worker thread, connection's end: forgets it. */
void handshake_gate_leave(struct connection *connection);
