#include "daemon/endpoints.h"

#include "base/log.h"
#include "daemon/access_log.h"
#include "daemon/tls_front.h"
#include "platform/host.h"
#include "platform/service.h"

#include <stdlib.h>
#include <string.h>

struct handed_over {
    int socket;
    char *name;
};

struct endpoints {
    struct listener_shared shared;
    struct listener **active;
    size_t active_count;
    struct listener **retired;
    size_t retired_count;
    struct access_log **logs; /* one for each path, kept while the program runs */
    size_t log_count;
    struct handed_over *handed; /* sockets of the service manager not in use */
    size_t handed_count;
};

/* A listener to be, while a configuration is applied. */
struct planned {
    struct listener_settings settings;
    char *priority;            /* owned; what settings.priority points to */
    uint16_t port;             /* as configured */
    const char *redirects_to;  /* service; only for plain HTTP */
    struct listener *stays;    /* this one serves it already */
    struct listener *replaces; /* this one gives its socket */
    int socket;                /* bound for it; -1: none */
    struct listener *started;
};

static void *grow(void *items, size_t count, size_t size) {
    return realloc(items, (count + 1) * size);
}

/* ---- sockets handed over ---- */

static bool take_socket(void *context, int socket, const char *name) {
    struct endpoints *endpoints = context;
    struct handed_over *handed = grow(endpoints->handed, endpoints->handed_count, sizeof *handed);
    if (!handed)
        return false;
    endpoints->handed = handed;
    char *copy = strdup(name ? name : "");
    if (!copy)
        return false;
    handed[endpoints->handed_count].socket = socket;
    handed[endpoints->handed_count].name = copy;
    endpoints->handed_count++;
    return true;
}

static const char service_manager_prefix[] = "systemd:";

static const char *handed_name(const char *address) {
    size_t size = sizeof service_manager_prefix - 1;
    return strncmp(address, service_manager_prefix, size) == 0 ? address + size : NULL;
}

static bool use_handed_over(struct endpoints *endpoints, const char *name, int *out,
                            struct error *err) {
    for (size_t i = 0; i < endpoints->handed_count; i++)
        if (endpoints->handed[i].socket >= 0 && strcmp(endpoints->handed[i].name, name) == 0) {
            *out = endpoints->handed[i].socket;
            endpoints->handed[i].socket = -1;
            return true;
        }
    error_set(
        err, ERROR_MISSING,
        "the service manager handed over no socket named \"%s\": set FileDescriptorName=%s in "
        "the .socket unit",
        name, name);
    return false;
}

static void give_back(struct endpoints *endpoints, const char *name, int socket) {
    for (size_t i = 0; i < endpoints->handed_count; i++)
        if (endpoints->handed[i].socket < 0 && strcmp(endpoints->handed[i].name, name) == 0) {
            endpoints->handed[i].socket = socket;
            return;
        }
    socket_close(socket);
}

static void release_socket(struct endpoints *endpoints, const char *address, int socket) {
    const char *name = handed_name(address);
    if (name)
        give_back(endpoints, name, socket);
    else
        socket_close(socket);
}

/* ---- beginning and end ---- */

bool endpoints_create(const struct listener_shared *shared, struct endpoints **out,
                      struct error *err) {
    struct endpoints *endpoints = calloc(1, sizeof *endpoints);
    if (!endpoints) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        return false;
    }
    endpoints->shared = *shared;
    service_take_sockets(take_socket, endpoints);
    *out = endpoints;
    return true;
}

void endpoints_destroy(struct endpoints *endpoints) {
    if (!endpoints)
        return;
    for (size_t i = 0; i < endpoints->active_count; i++) {
        int socket = listener_retire(endpoints->active[i]);
        listener_destroy(endpoints->active[i]);
        socket_close(socket);
    }
    for (size_t i = 0; i < endpoints->retired_count; i++)
        listener_destroy(endpoints->retired[i]);
    for (size_t i = 0; i < endpoints->log_count; i++)
        access_log_close(endpoints->logs[i]);
    for (size_t i = 0; i < endpoints->handed_count; i++) {
        if (endpoints->handed[i].socket >= 0)
            socket_close(endpoints->handed[i].socket);
        free(endpoints->handed[i].name);
    }
    free(endpoints->active);
    free(endpoints->retired);
    free(endpoints->logs);
    free(endpoints->handed);
    free(endpoints);
}

static void retire(struct endpoints *endpoints, struct listener *listener) {
    struct listener **retired =
        grow(endpoints->retired, endpoints->retired_count, sizeof(struct listener *));
    if (!retired) {
        listener_destroy(listener); /* its connections end; better than losing track of them */
        return;
    }
    endpoints->retired = retired;
    retired[endpoints->retired_count++] = listener;
}

void endpoints_sweep(struct endpoints *endpoints) {
    size_t kept = 0;
    for (size_t i = 0; i < endpoints->retired_count; i++) {
        if (listener_connections(endpoints->retired[i]) == 0)
            listener_destroy(endpoints->retired[i]);
        else
            endpoints->retired[kept++] = endpoints->retired[i];
    }
    endpoints->retired_count = kept;
}

void endpoints_close(struct endpoints *endpoints) {
    for (size_t i = 0; i < endpoints->active_count; i++) {
        socket_close(listener_retire(endpoints->active[i]));
        retire(endpoints, endpoints->active[i]);
    }
    endpoints->active_count = 0;
    for (size_t i = 0; i < endpoints->retired_count; i++)
        listener_close_connections(endpoints->retired[i]);
}

/* ---- access logs ---- */

static bool find_access_log(struct endpoints *endpoints, const char *path, struct access_log **out,
                            struct error *err) {
    *out = NULL;
    if (!path)
        return true;
    for (size_t i = 0; i < endpoints->log_count; i++)
        if (strcmp(access_log_path(endpoints->logs[i]), path) == 0) {
            *out = endpoints->logs[i];
            return true;
        }
    struct access_log **logs =
        grow(endpoints->logs, endpoints->log_count, sizeof(struct access_log *));
    if (!logs) {
        error_set(err, ERROR_MEMORY, "access log: out of memory");
        return false;
    }
    endpoints->logs = logs;
    if (!access_log_open(path, out, err))
        return false;
    logs[endpoints->log_count++] = *out;
    return true;
}

void endpoints_reopen_logs(struct endpoints *endpoints) {
    struct error err;
    for (size_t i = 0; i < endpoints->log_count; i++)
        if (!access_log_reopen(endpoints->logs[i], &err))
            log_error("access log", "%s; the old file is still written", err.text);
}

/* ---- a configuration becomes a plan ---- */

static bool plan_listener(struct endpoints *endpoints, const struct conf *conf,
                          const struct conf_service *service, const struct conf_listener *listener,
                          struct planned *out, struct error *err) {
    struct access_log *log;
    if (!find_access_log(endpoints, service->access_log, &log, err))
        return false;
    char *priority = conf->tls.priority ? strdup(conf->tls.priority)
                                        : tls_priority_for(conf->tls.tls12, conf->tls.tls13);
    if (!priority) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        return false;
    }
    int64_t workers = conf->limits.workers ? conf->limits.workers : host_processors();
    *out = (struct planned){.priority = priority,
                            .port = listener->port,
                            .redirects_to = service->redirect_to,
                            .socket = -1};
    out->settings = (struct listener_settings){
        .service = service->name,
        .address = listener->address,
        .tls = listener->protocol == CONF_HTTPS,
        .certificate = listener->certificate ? listener->certificate : service->certificate,
        .priority = priority,
        .redirect_host = service->redirect_host,
        .workers = (unsigned)workers,
        .connections = (unsigned)conf->limits.connections,
        .connections_per_client = (unsigned)conf->limits.connections_per_client,
        .idle_timeout_s = (unsigned)conf->limits.idle_timeout_s,
        .request_line_bytes = (size_t)conf->limits.request_line_bytes,
        .header_bytes = (size_t)conf->limits.header_bytes,
        .hsts_s = service->hsts_s,
        .access_log_path = service->access_log,
        .access_log = log,
    };
    tls_priority_versions(priority, &out->settings.tls12, &out->settings.tls13);
    return true;
}

/* The active listener on the address and port as configured. With port 0 the address alone tells:
 * whatever it was bound to stays. */
static struct listener *find_active(struct endpoints *endpoints, const struct planned *planned,
                                    const struct planned *plan, size_t planned_before) {
    for (size_t i = 0; i < endpoints->active_count; i++) {
        struct listener *listener = endpoints->active[i];
        const struct sockaddr *bound = (const struct sockaddr *)&listener_bound(listener)->storage;
        const struct listener_settings *settings = listener_settings(listener);
        bool taken = false;
        for (size_t p = 0; p < planned_before; p++)
            taken |= plan[p].replaces == listener;
        if (taken || strcmp(settings->address, planned->settings.address) != 0)
            continue;
        if (handed_name(settings->address) ||
            (planned->port != 0 ? socket_address_port(bound) == planned->port
                                : strcmp(settings->service, planned->settings.service) == 0))
            return listener;
    }
    return NULL;
}

static bool bind_planned(struct endpoints *endpoints, struct planned *planned, struct error *err) {
    const char *name = handed_name(planned->settings.address);
    bool ok = name ? use_handed_over(endpoints, name, &planned->socket, err)
                   : socket_listen(planned->settings.address, planned->port, &planned->socket, err);
    if (!ok)
        error_prefix(err, "service %s", planned->settings.service);
    return ok;
}

static bool make_plan(struct endpoints *endpoints, const struct conf *conf, struct planned *plan,
                      size_t *count, struct error *err) {
    for (size_t s = 0; s < conf->service_count; s++) {
        const struct conf_service *service = &conf->services[s];
        for (size_t l = 0; service->enabled && l < service->listener_count; l++) {
            struct planned *planned = &plan[*count];
            if (!plan_listener(endpoints, conf, service, &service->listeners[l], planned, err))
                return false;
            planned->replaces = find_active(endpoints, planned, plan, *count);
            ++*count;
        }
    }
    return true;
}

static uint16_t planned_port(const struct planned *planned) {
    struct socket_address bound;
    if (planned->port != 0)
        return planned->port;
    if (planned->replaces)
        bound = *listener_bound(planned->replaces);
    else if (!socket_bound_address(planned->socket, &bound, NULL))
        return 0;
    return socket_address_port((const struct sockaddr *)&bound.storage);
}

/* The port a redirection leads to: that of the first HTTPS listener of the service it names. */
static uint16_t redirect_port(const struct planned *plan, size_t count, const char *service) {
    for (size_t i = 0; service && i < count; i++)
        if (plan[i].settings.tls && strcmp(plan[i].settings.service, service) == 0)
            return planned_port(&plan[i]);
    return 443;
}

/* Once every socket is bound all ports are known, and so is which listener can stay as it is. */
static void settle_plan(struct planned *plan, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!plan[i].settings.tls)
            plan[i].settings.redirect_port = redirect_port(plan, count, plan[i].redirects_to);
    for (size_t i = 0; i < count; i++)
        if (plan[i].replaces && listener_serves(plan[i].replaces, &plan[i].settings)) {
            plan[i].stays = plan[i].replaces;
            plan[i].replaces = NULL;
        }
}

static bool is_planned(const struct listener *listener, const struct planned *plan, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (plan[i].stays == listener || plan[i].replaces == listener)
            return true;
    return false;
}

/* ---- carrying it out ---- */

/* An address can be in the way of another on the same port ("*" and 127.0.0.1): the listeners
 * that go give their sockets up first, and are started again if the new ones cannot be bound. */
static void retire_departing(struct endpoints *endpoints, const struct planned *plan,
                             size_t count) {
    for (size_t i = 0; i < endpoints->active_count; i++) {
        struct listener *listener = endpoints->active[i];
        if (is_planned(listener, plan, count))
            continue;
        int socket = listener_retire(listener);
        release_socket(endpoints, listener_settings(listener)->address, socket);
    }
}

static bool bind_all(struct endpoints *endpoints, struct planned *plan, size_t count,
                     struct error *err) {
    for (size_t i = 0; i < count; i++)
        if (!plan[i].replaces && plan[i].socket < 0 && !bind_planned(endpoints, &plan[i], err))
            return false;
    return true;
}

/* Listeners that were retired to make room serve again, on a socket bound anew. */
static void restore_departed(struct endpoints *endpoints, const struct planned *plan,
                             size_t count) {
    struct error err;
    size_t kept = 0;
    for (size_t i = 0; i < endpoints->active_count; i++) {
        struct listener *listener = endpoints->active[i], *again = NULL;
        const struct listener_settings *settings = listener_settings(listener);
        int socket = -1;
        if (is_planned(listener, plan, count)) {
            endpoints->active[kept++] = listener;
            continue;
        }
        uint16_t port =
            socket_address_port((const struct sockaddr *)&listener_bound(listener)->storage);
        const char *name = handed_name(settings->address);
        bool bound = name ? use_handed_over(endpoints, name, &socket, &err)
                          : socket_listen(settings->address, port, &socket, &err);
        if (bound && listener_start(settings, &endpoints->shared, socket, &again, &err))
            endpoints->active[kept++] = again;
        else {
            if (bound)
                socket_close(socket);
            log_error(settings->service, "cannot serve again: %s", err.text);
        }
        retire(endpoints, listener);
    }
    endpoints->active_count = kept;
}

static bool start_planned(struct endpoints *endpoints, struct planned *planned, struct error *err) {
    int socket = planned->replaces ? listener_retire(planned->replaces) : planned->socket;
    if (!listener_start(&planned->settings, &endpoints->shared, socket, &planned->started, err)) {
        planned->socket = socket;
        return false;
    }
    planned->socket = -1;
    if (planned->replaces)
        retire(endpoints, planned->replaces);
    return true;
}

/* A listener that gave its socket to one that did not start takes it back. */
static void take_back(struct endpoints *endpoints, struct planned *planned) {
    struct error err;
    const struct listener_settings *settings = listener_settings(planned->replaces);
    if (!listener_start(settings, &endpoints->shared, planned->socket, &planned->started, &err))
        log_error(settings->service, "cannot serve again: %s", err.text);
    else
        planned->socket = -1;
    retire(endpoints, planned->replaces);
}

static bool start_all(struct endpoints *endpoints, struct planned *plan, size_t count,
                      struct error *err) {
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        if (plan[i].stays || (!ok && !plan[i].replaces))
            continue;
        if (ok && start_planned(endpoints, &plan[i], err))
            continue;
        ok = false;
        if (plan[i].replaces && plan[i].socket >= 0)
            take_back(endpoints, &plan[i]);
    }
    return ok;
}

static void adopt(struct endpoints *endpoints, struct planned *plan, size_t count) {
    for (size_t i = 0; i < endpoints->active_count; i++)
        if (!is_planned(endpoints->active[i], plan, count))
            retire(endpoints, endpoints->active[i]);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct listener *listener = plan[i].stays ? plan[i].stays : plan[i].started;
        if (listener)
            endpoints->active[used++] = listener;
    }
    endpoints->active_count = used;
}

static size_t most_listeners(const struct conf *conf) {
    size_t count = 0;
    for (size_t i = 0; i < conf->service_count; i++)
        count += conf->services[i].listener_count;
    return count;
}

static void finish_plan(struct endpoints *endpoints, struct planned *plan, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (plan[i].socket >= 0)
            release_socket(endpoints, plan[i].settings.address, plan[i].socket);
        free(plan[i].priority);
    }
    free(plan);
}

bool endpoints_apply(struct endpoints *endpoints, const struct conf *conf, struct error *err) {
    size_t most = most_listeners(conf) + endpoints->active_count, count = 0;
    struct planned *plan = calloc(most + 1, sizeof *plan);
    struct listener **active = realloc(endpoints->active, (most + 1) * sizeof(struct listener *));
    bool ok = false;
    if (active)
        endpoints->active = active;
    if (!plan || !active) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        goto done;
    }
    if (!make_plan(endpoints, conf, plan, &count, err))
        goto done;
    bool departed = false;
    if (!bind_all(endpoints, plan, count, err)) {
        if (err->kind != ERROR_BUSY)
            goto done;
        retire_departing(endpoints, plan, count);
        departed = true;
        if (!bind_all(endpoints, plan, count, err)) {
            restore_departed(endpoints, plan, count);
            goto done;
        }
    }
    settle_plan(plan, count);
    ok = start_all(endpoints, plan, count, err);
    if (!departed)
        retire_departing(endpoints, plan, count);
    adopt(endpoints, plan, count);
done:
    if (plan)
        finish_plan(endpoints, plan, count);
    return ok;
}

size_t endpoints_count(const struct endpoints *endpoints) {
    return endpoints->active_count;
}

const struct listener *endpoints_at(const struct endpoints *endpoints, size_t i) {
    return endpoints->active[i];
}

unsigned endpoints_connections(const struct endpoints *endpoints) {
    unsigned count = 0;
    for (size_t i = 0; i < endpoints->active_count; i++)
        count += listener_connections(endpoints->active[i]);
    for (size_t i = 0; i < endpoints->retired_count; i++)
        count += listener_connections(endpoints->retired[i]);
    return count;
}
