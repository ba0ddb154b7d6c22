#include "daemon/endpoints.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/access_log.h"
#include "daemon/endpoint_plan.h"
#include "daemon/handed_sockets.h"

#include <stdlib.h>

struct endpoints {
    struct listener_shared shared;
    struct handed_sockets *handed;
    struct access_logs *logs;
    struct endpoint *active;
    size_t active_count;
    struct listener **retired; /* no longer accept; their connections live on */
    size_t retired_count;
};

/* ---- beginning and end ---- */

bool endpoints_create(const struct listener_shared *shared, struct endpoints **out,
                      struct error *err) {
    struct endpoints *endpoints = calloc(1, sizeof *endpoints);
    if (!endpoints) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        return false;
    }
    endpoints->shared = *shared;
    if (!handed_sockets_create(&endpoints->handed, err) ||
        !access_logs_create(&endpoints->logs, err)) {
        endpoints_destroy(endpoints);
        return false;
    }
    *out = endpoints;
    return true;
}

static void release_socket(struct endpoints *endpoints, struct endpoint *endpoint) {
    /* A retired listener keeps its descriptors as long as its connections; its clients must not
     * queue up where nobody takes them. One handed over is not ours to end. */
    if (endpoint->socket >= 0 && endpoint->handed_number < 0)
        socket_stop_listening(endpoint->socket);
    socket_close(endpoint->socket);
    endpoint->socket = -1;
    handed_sockets_give_back(endpoints->handed, endpoint->handed_number);
    endpoint->handed_number = -1;
}

void endpoints_destroy(struct endpoints *endpoints) {
    if (!endpoints)
        return;
    for (size_t i = 0; i < endpoints->active_count; i++) {
        listener_destroy(endpoints->active[i].listener);
        release_socket(endpoints, &endpoints->active[i]);
    }
    for (size_t i = 0; i < endpoints->retired_count; i++)
        listener_destroy(endpoints->retired[i]);
    access_logs_destroy(endpoints->logs);
    handed_sockets_destroy(endpoints->handed);
    free(endpoints->active);
    free(endpoints->retired);
    free(endpoints);
}

/* Room for this many more retired listeners, so that retiring cannot fail. */
static bool reserve_retired(struct endpoints *endpoints, size_t more, struct error *err) {
    struct listener **retired = realloc(endpoints->retired, (endpoints->retired_count + more + 1) *
                                                                sizeof(struct listener *));
    if (!retired) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        return false;
    }
    endpoints->retired = retired;
    return true;
}

static void retire(struct endpoints *endpoints, struct listener *listener) {
    listener_retire(listener);
    endpoints->retired[endpoints->retired_count++] = listener;
}

void endpoints_sweep(struct endpoints *endpoints) {
    int64_t now = time_monotonic_ms();
    size_t kept = 0;
    for (size_t i = 0; i < endpoints->active_count; i++)
        listener_end_slow_requests(endpoints->active[i].listener, now);
    for (size_t i = 0; i < endpoints->retired_count; i++) {
        listener_end_slow_requests(endpoints->retired[i], now);
        if (listener_connections(endpoints->retired[i]) == 0)
            listener_destroy(endpoints->retired[i]);
        else
            endpoints->retired[kept++] = endpoints->retired[i];
    }
    endpoints->retired_count = kept;
}

void endpoints_close(struct endpoints *endpoints) {
    bool room = reserve_retired(endpoints, endpoints->active_count, NULL);
    for (size_t i = 0; i < endpoints->active_count; i++) {
        if (room)
            retire(endpoints, endpoints->active[i].listener);
        else /* its connections end now rather than be lost track of */
            listener_destroy(endpoints->active[i].listener);
        release_socket(endpoints, &endpoints->active[i]);
    }
    endpoints->active_count = 0;
    for (size_t i = 0; i < endpoints->retired_count; i++)
        listener_close_connections(endpoints->retired[i]);
}

void endpoints_reopen_logs(struct endpoints *endpoints) {
    access_logs_reopen(endpoints->logs);
}

/* ---- a configuration is applied: bind, start, and only then let go ---- */

static bool bind_socket(struct endpoints *endpoints, const char *address, uint16_t port,
                        struct endpoint *out, struct error *err) {
    const char *name = handed_socket_name(address);
    return name
               ? handed_sockets_use(endpoints->handed, name, &out->socket, &out->handed_number, err)
               : socket_listen(address, port, &out->socket, err);
}

static bool bind_new(struct endpoints *endpoints, struct endpoint_plan *plan, struct error *err) {
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->items[i];
        if (planned->continues || planned->endpoint.socket >= 0)
            continue;
        if (!bind_socket(endpoints, planned->settings.address, planned->port, &planned->endpoint,
                         err)) {
            error_prefix(err, "service %s", planned->settings.service);
            return false;
        }
    }
    return true;
}

static bool start_new(struct endpoints *endpoints, struct endpoint_plan *plan, struct error *err) {
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->items[i];
        int socket = planned->continues ? planned->continues->socket : planned->endpoint.socket;
        if (!planned->stays && !listener_start(&planned->settings, &endpoints->shared, socket,
                                               &planned->endpoint.listener, err))
            return false;
    }
    return true;
}

/* Takes back what the plan has come to so far. */
static void undo(struct endpoints *endpoints, struct endpoint_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        listener_destroy(plan->items[i].endpoint.listener);
        release_socket(endpoints, &plan->items[i].endpoint);
    }
}

/* An address can be in the way of another on the same port ("*" and 127.0.0.1): then those that
 * leave must close their sockets before the new ones can be bound. */
static void free_addresses(struct endpoints *endpoints, const struct endpoint_plan *plan) {
    for (size_t i = 0; i < endpoints->active_count; i++)
        if (!endpoint_plan_continues(plan, &endpoints->active[i])) {
            listener_retire(endpoints->active[i].listener);
            release_socket(endpoints, &endpoints->active[i]);
        }
}

/* Those that made way in vain serve again, on a socket bound anew. */
static void restore_addresses(struct endpoints *endpoints) {
    size_t kept = 0;
    for (size_t i = 0; i < endpoints->active_count; i++) {
        struct endpoint *endpoint = &endpoints->active[i];
        const struct listener_settings *settings = listener_settings(endpoint->listener);
        if (endpoint->socket < 0) {
            struct listener *before = endpoint->listener;
            uint16_t port =
                socket_address_port((const struct sockaddr *)&listener_bound(before)->storage);
            struct error err;
            bool again = bind_socket(endpoints, settings->address, port, endpoint, &err) &&
                         listener_start(settings, &endpoints->shared, endpoint->socket,
                                        &endpoint->listener, &err);
            if (!again) {
                log_error(settings->service, "cannot serve again: %s", err.text);
                release_socket(endpoints, endpoint);
            }
            endpoints->retired[endpoints->retired_count++] = before;
            if (!again)
                continue;
        }
        endpoints->active[kept++] = *endpoint;
    }
    endpoints->active_count = kept;
}

/* From here nothing can fail: the planned ones take over, what is left of the others retires. */
static void commit(struct endpoints *endpoints, struct endpoint_plan *plan, struct endpoint *next) {
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->items[i];
        next[i] = planned->endpoint;
        if (planned->continues) {
            next[i].socket = planned->continues->socket;
            next[i].handed_number = planned->continues->handed_number;
        }
        if (planned->stays)
            next[i].listener = planned->continues->listener;
        else if (planned->continues)
            retire(endpoints, planned->continues->listener);
    }
    for (size_t i = 0; i < endpoints->active_count; i++)
        if (!endpoint_plan_continues(plan, &endpoints->active[i])) {
            retire(endpoints, endpoints->active[i].listener);
            release_socket(endpoints, &endpoints->active[i]);
        }
    free(endpoints->active);
    endpoints->active = next;
    endpoints->active_count = plan->count;
}

static bool bind_all(struct endpoints *endpoints, struct endpoint_plan *plan,
                     const struct endpoints_companion *companion, struct error *err) {
    return bind_new(endpoints, plan, err) &&
           (!companion || companion->bind(companion->context, err));
}

bool endpoints_apply(struct endpoints *endpoints, const struct conf *conf,
                     const struct pin_list *pins, const struct endpoints_companion *companion,
                     struct error *err) {
    struct endpoint_plan plan = {0};
    struct endpoint *next = NULL;
    bool ok = false, freed = false;
    if (!endpoint_plan_make(conf, pins, endpoints->active, endpoints->active_count, endpoints->logs,
                            &plan, err))
        return false;
    next = calloc(plan.count + 1, sizeof *next);
    if (!next) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        goto done;
    }
    if (!reserve_retired(endpoints, endpoints->active_count, err))
        goto done;
    bool bound = bind_all(endpoints, &plan, companion, err);
    if (!bound && err->kind == ERROR_BUSY) {
        free_addresses(endpoints, &plan);
        if (companion)
            companion->make_way(companion->context);
        freed = true;
        bound = bind_all(endpoints, &plan, companion, err);
    }
    if (bound) {
        endpoint_plan_settle(&plan);
        ok = start_new(endpoints, &plan, err);
    }
    if (ok) {
        commit(endpoints, &plan, next);
        next = NULL;
        if (companion)
            companion->commit(companion->context);
    } else {
        undo(endpoints, &plan);
        if (companion)
            companion->take_back(companion->context);
        if (freed)
            restore_addresses(endpoints);
    }
done:
    free(next);
    endpoint_plan_finish(&plan);
    return ok;
}

/* ---- looking ---- */

size_t endpoints_count(const struct endpoints *endpoints) {
    return endpoints->active_count;
}

const struct listener *endpoints_at(const struct endpoints *endpoints, size_t i) {
    return endpoints->active[i].listener;
}

unsigned endpoints_connections(const struct endpoints *endpoints) {
    unsigned count = 0;
    for (size_t i = 0; i < endpoints->active_count; i++)
        count += listener_connections(endpoints->active[i].listener);
    for (size_t i = 0; i < endpoints->retired_count; i++)
        count += listener_connections(endpoints->retired[i]);
    return count;
}
