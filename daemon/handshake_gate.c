#include "daemon/handshake_gate.h"

#include "base/time_text.h"
#include "tls/alert.h"
#include "daemon/connection.h"
#include "daemon/listener.h"
#include "platform/readiness.h"
#include "platform/stream.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/types.h> /* ssize_t, in GnuTLS's own signatures */

struct handshake_gate {
    struct readiness *readiness;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows, and each pass's `parked` and `listed` */
    /* Unfinished handshakes, the earliest deadline first. */
    struct connection *first, *last;
    int64_t wakes_at_ms;           /* when the thread looks at the deadlines again */
    const struct listener *expels; /* its connections are to go; NULL: nobody's */
    pthread_cond_t expelled;
    atomic_llong timeout_ms;
    atomic_bool stopping;
};

/* ---- the list of deadlines; under the lock ---- */

/* All have the same time to spend, so a new one goes to the end, but for some after a reload that
 * made that time shorter. */
static void list_insert(struct handshake_gate *gate, struct connection *connection) {
    struct gate_pass *pass = &connection->gate;
    struct connection *before = gate->last;
    while (before && before->gate.deadline_ms > pass->deadline_ms)
        before = before->gate.previous;
    pass->previous = before;
    pass->next = before ? before->gate.next : gate->first;
    if (pass->next)
        pass->next->gate.previous = connection;
    else
        gate->last = connection;
    if (before)
        before->gate.next = connection;
    else
        gate->first = connection;
    pass->listed = true;
}

static void list_remove(struct handshake_gate *gate, struct connection *connection) {
    struct gate_pass *pass = &connection->gate;
    if (!pass->listed)
        return;
    if (pass->previous)
        pass->previous->gate.next = pass->next;
    else
        gate->first = pass->next;
    if (pass->next)
        pass->next->gate.previous = pass->previous;
    else
        gate->last = pass->previous;
    pass->listed = false;
}

/* ---- the gate's thread: the only one that resumes a connection ---- */

/* Back to its worker. A parked connection cannot end before it is resumed, and its socket is
 * armed once, so a token from the readiness is always a connection that still is. */
static void unpark(struct connection *connection) {
    if (!connection->gate.parked)
        return;
    connection->gate.parked = false;
    MHD_resume_connection(connection->mhd);
}

static void expire(struct handshake_gate *gate, struct connection *connection) {
    list_remove(gate, connection);
    atomic_store(&connection->gate.expired, true);
    /* One that never sent a byte is not parked: libmicrohttpd still waits for its first one, and
     * learns of the end from the socket. Listed, so not yet closed. */
    stream_shutdown(connection->socket);
    if (connection->gate.parked)
        readiness_disarm(gate->readiness, connection->socket);
    unpark(connection);
}

static void expire_overdue(struct handshake_gate *gate) {
    int64_t now = time_monotonic_ms();
    while (gate->first && gate->first->gate.deadline_ms <= now)
        expire(gate, gate->first);
}

static void expire_expelled(struct handshake_gate *gate) {
    struct connection *next;
    for (struct connection *c = gate->first; c; c = next) {
        next = c->gate.next;
        if (c->listener == gate->expels)
            expire(gate, c);
    }
    gate->expels = NULL;
    pthread_cond_broadcast(&gate->expelled);
}

/* Sets when to look again; gives the time until then, -1 for ever. */
static int64_t next_look(struct handshake_gate *gate) {
    if (!gate->first) {
        gate->wakes_at_ms = INT64_MAX;
        return -1;
    }
    gate->wakes_at_ms = gate->first->gate.deadline_ms;
    int64_t wait_ms = gate->wakes_at_ms - time_monotonic_ms();
    return wait_ms < 0 ? 0 : wait_ms + 1;
}

static void *run(void *context) {
    struct handshake_gate *gate = context;
    enum { MOST = 64 };
    void *ready[MOST];
    int64_t wait_ms = -1;
    while (!atomic_load(&gate->stopping)) {
        int count = readiness_wait(gate->readiness, (int)wait_ms, ready, MOST);
        pthread_mutex_lock(&gate->mutex);
        for (int i = 0; i < count; i++)
            unpark(ready[i]);
        expire_overdue(gate);
        if (gate->expels)
            expire_expelled(gate);
        wait_ms = next_look(gate);
        pthread_mutex_unlock(&gate->mutex);
    }
    return NULL;
}

bool handshake_gate_create(int64_t timeout_ms, struct handshake_gate **out, struct error *err) {
    struct handshake_gate *gate = calloc(1, sizeof *gate);
    if (!gate) {
        error_set(err, ERROR_MEMORY, "handshake gate: out of memory");
        return false;
    }
    gate->wakes_at_ms = INT64_MAX;
    handshake_gate_set_timeout(gate, timeout_ms);
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->expelled, NULL);
    if (!readiness_create(&gate->readiness, err))
        goto failed;
    int status = pthread_create(&gate->thread, NULL, run, gate);
    if (status != 0) {
        error_set_system(err, status, "handshake gate: no thread");
        goto failed;
    }
    *out = gate;
    return true;
failed:
    readiness_destroy(gate->readiness);
    pthread_cond_destroy(&gate->expelled);
    pthread_mutex_destroy(&gate->mutex);
    free(gate);
    return false;
}

void handshake_gate_destroy(struct handshake_gate *gate) {
    if (!gate)
        return;
    assert(!gate->first);
    atomic_store(&gate->stopping, true);
    readiness_wake(gate->readiness);
    pthread_join(gate->thread, NULL);
    readiness_destroy(gate->readiness);
    pthread_cond_destroy(&gate->expelled);
    pthread_mutex_destroy(&gate->mutex);
    free(gate);
}

void handshake_gate_set_timeout(struct handshake_gate *gate, int64_t timeout_ms) {
    atomic_store(&gate->timeout_ms, timeout_ms);
}

void handshake_gate_expel(struct handshake_gate *gate, const struct listener *listener) {
    pthread_mutex_lock(&gate->mutex);
    gate->expels = listener;
    readiness_wake(gate->readiness);
    while (gate->expels)
        pthread_cond_wait(&gate->expelled, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

/* ---- the session's transport; in the connection's worker ---- */

typedef bool arm_function(struct readiness *readiness, int descriptor, void *token,
                          struct error *err);

/* Leaves the connection to the gate until its socket is ready. False if its time is over. */
static bool park(struct connection *connection, arm_function *arm) {
    struct handshake_gate *gate = connection->gate.gate;
    struct gate_pass *pass = &connection->gate;
    bool parked = false;
    pthread_mutex_lock(&gate->mutex);
    if (!atomic_load(&pass->expired) && !listener_is_closing(connection->listener)) {
        /* Suspended first: the lock keeps the gate's thread from resuming it before that. */
        MHD_suspend_connection(connection->mhd);
        pass->parked = true;
        parked = true;
        if (!arm(gate->readiness, connection->socket, connection, NULL))
            expire(gate, connection);
    }
    pthread_mutex_unlock(&gate->mutex);
    return parked;
}

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t size) {
    struct connection *connection = context;
    struct gate_pass *pass = &connection->gate;
    long received = stream_receive(connection->socket, data, size);
    if (atomic_load_explicit(&pass->finished, memory_order_relaxed)) {
        if (received > 0)
            listener_note_bytes(connection);
        return received;
    }
    if (received > 0)
        alert_watch_feed(&pass->alerts, data, (size_t)received);
    else if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        errno = park(connection, readiness_arm) ? EAGAIN : ETIMEDOUT;
    return received;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *vector, int count) {
    enum { MOST_PIECES = 16 };
    struct connection *connection = context;
    struct stream_piece pieces[MOST_PIECES];
    size_t used = 0;
    for (; used < (size_t)count && used < MOST_PIECES; used++)
        pieces[used] = (struct stream_piece){vector[used].iov_base, vector[used].iov_len};
    long sent = stream_send(connection->socket, pieces, used);
    /* A flight that does not fit into the socket spins like one that does not come. */
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) &&
        !atomic_load_explicit(&connection->gate.finished, memory_order_relaxed))
        errno = park(connection, readiness_arm_writing) ? EAGAIN : ETIMEDOUT;
    return sent;
}

void handshake_gate_enter(struct handshake_gate *gate, struct connection *connection) {
    struct gate_pass *pass = &connection->gate;
    pass->gate = gate;
    pass->deadline_ms = time_monotonic_ms() + atomic_load(&gate->timeout_ms);
    gnutls_transport_set_ptr(connection->session, connection);
    gnutls_transport_set_pull_function(connection->session, pull);
    gnutls_transport_set_vec_push_function(connection->session, push);

    pthread_mutex_lock(&gate->mutex);
    list_insert(gate, connection);
    bool sooner = pass->deadline_ms < gate->wakes_at_ms;
    if (sooner)
        gate->wakes_at_ms = pass->deadline_ms;
    pthread_mutex_unlock(&gate->mutex);
    if (sooner)
        readiness_wake(gate->readiness);
}

void handshake_gate_leave(struct connection *connection) {
    struct gate_pass *pass = &connection->gate;
    if (!pass->gate)
        return;
    pthread_mutex_lock(&pass->gate->mutex);
    list_remove(pass->gate, connection);
    pthread_mutex_unlock(&pass->gate->mutex);
}

void handshake_gate_pass(struct connection *connection) {
    connection->gate.end = HANDSHAKE_FINISHED;
    /* We send nothing after the client's Finished: a client with Nagle's algorithm on would hold
     * its request back until our delayed acknowledgement, 40 ms. */
    stream_acknowledge(connection->socket);
    atomic_store_explicit(&connection->gate.finished, true, memory_order_relaxed);
    handshake_gate_leave(connection);
}

void handshake_gate_observe_end(struct connection *connection) {
    struct gate_pass *pass = &connection->gate;
    /* An alert that GnuTLS could read; 0 is close_notify, and the value before any alert. */
    int alert = (int)gnutls_alert_get(connection->session);
    if (pass->end == HANDSHAKE_FINISHED) {
        /* Some look at the certificate only now, and say so instead of a request. */
        if (!connection->verdict_told && alert_meaning(alert)) {
            pass->alert = alert;
            pass->end = HANDSHAKE_REFUSED;
        }
        return;
    }
    pass->alert = alert > 0 ? alert : pass->alerts.alert;
    if (pass->alert > 0)
        pass->end = HANDSHAKE_REFUSED;
    else if (atomic_load(&pass->expired))
        pass->end = HANDSHAKE_LATE;
    else
        pass->end = pass->sent_certificate ? HANDSHAKE_LEFT : HANDSHAKE_FAILED;
}
