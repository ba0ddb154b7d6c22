#include "daemon/endpoint_plan.h"

#include "daemon/handed_sockets.h"
#include "daemon/tls_front.h"
#include "platform/host.h"

#include <stdlib.h>
#include <string.h>

static char *priority_for(const struct conf *conf) {
    return conf->tls.priority ? strdup(conf->tls.priority)
                              : tls_priority_for(conf->tls.tls12, conf->tls.tls13);
}

static bool plan_listener(const struct conf *conf, const struct conf_service *service,
                          const struct conf_listener *listener, const struct pin_list *pins,
                          struct access_logs *logs, struct planned *out, struct error *err) {
    struct access_log *log = NULL;
    char *certificate = NULL, *priority = NULL;
    const struct pinned pinned = pinned_listener(service, listener, pins);
    if (service->access_log && !access_logs_get(logs, service->access_log, &log, err))
        return false;
    if (!pinned_entry(&pinned, service->name, &certificate) || !(priority = priority_for(conf))) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        free(certificate);
        return false;
    }
    bool tls = listener->protocol == CONF_HTTPS;
    int64_t workers = conf->limits.workers ? conf->limits.workers : host_processors();
    *out = (struct planned){.priority = priority,
                            .certificate = certificate,
                            .port = listener->port,
                            .redirects_to = service->redirect_to,
                            .endpoint = {.socket = -1, .handed_number = -1}};
    out->settings = (struct listener_settings){
        .service = service->name,
        .address = listener->address,
        .tls = tls,
        .certificate = certificate,
        .priority = priority,
        .redirect_host = service->redirect_host,
        .workers = (unsigned)workers,
        .connections = (unsigned)conf->limits.connections,
        .connections_per_client = (unsigned)conf->limits.connections_per_client,
        .idle_timeout_s = (unsigned)conf->limits.idle_timeout_s,
        .request_line_bytes = (size_t)conf->limits.request_line_bytes,
        .header_bytes = (size_t)conf->limits.header_bytes,
        .hsts_s = tls ? service->hsts_s : 0, /* never over plain HTTP (RFC 6797, 7.2) */
        .access_log_path = service->access_log,
        .access_log = log,
    };
    tls_priority_versions(priority, &out->settings.tls12, &out->settings.tls13);
    return true;
}

static bool is_taken(const struct endpoint_plan *plan, const struct endpoint *endpoint) {
    return endpoint_plan_continues(plan, endpoint);
}

static uint16_t bound_port(const struct endpoint *endpoint) {
    return socket_address_port(
        (const struct sockaddr *)&listener_bound(endpoint->listener)->storage);
}

/* Is this endpoint on the address and port as configured? With port 0 the address and the service
 * tell: whatever port it got stays. */
static bool is_same_place(const struct planned *planned, const struct endpoint *endpoint) {
    const struct listener_settings *settings = listener_settings(endpoint->listener);
    if (strcmp(settings->address, planned->settings.address) != 0)
        return false;
    if (handed_socket_name(settings->address))
        return true;
    return planned->port != 0 ? bound_port(endpoint) == planned->port
                              : strcmp(settings->service, planned->settings.service) == 0;
}

static void find_continued(struct endpoint_plan *plan, struct planned *planned,
                           const struct endpoint *active, size_t active_count) {
    for (size_t i = 0; i < active_count && !planned->continues; i++)
        if (is_same_place(planned, &active[i]) && !is_taken(plan, &active[i]))
            planned->continues = &active[i];
}

static size_t most_listeners(const struct conf *conf) {
    size_t count = 0;
    for (size_t i = 0; i < conf->service_count; i++)
        count += conf->services[i].listener_count;
    return count;
}

bool endpoint_plan_make(const struct conf *conf, const struct pin_list *pins,
                        const struct endpoint *active, size_t active_count,
                        struct access_logs *logs, struct endpoint_plan *out, struct error *err) {
    struct endpoint_plan plan = {0};
    plan.items = calloc(most_listeners(conf) + 1, sizeof *plan.items);
    if (!plan.items) {
        error_set(err, ERROR_MEMORY, "listeners: out of memory");
        return false;
    }
    for (size_t s = 0; s < conf->service_count; s++) {
        const struct conf_service *service = &conf->services[s];
        for (size_t l = 0; service->enabled && l < service->listener_count; l++) {
            if (!plan_listener(conf, service, &service->listeners[l], pins, logs,
                               &plan.items[plan.count], err)) {
                endpoint_plan_finish(&plan);
                return false;
            }
            plan.count++;
        }
    }
    /* Those that name a port first: one that takes any must not take theirs. */
    for (int any = 0; any <= 1; any++)
        for (size_t i = 0; i < plan.count; i++)
            if ((plan.items[i].port == 0) == any)
                find_continued(&plan, &plan.items[i], active, active_count);
    *out = plan;
    return true;
}

static uint16_t planned_port(const struct planned *planned) {
    struct socket_address bound;
    if (planned->port != 0)
        return planned->port;
    if (planned->continues)
        return bound_port(planned->continues);
    if (!socket_bound_address(planned->endpoint.socket, &bound, NULL))
        return 0;
    return socket_address_port((const struct sockaddr *)&bound.storage);
}

/* The port a redirection leads to: that of the first HTTPS listener of the service it names. */
static uint16_t redirect_port(const struct endpoint_plan *plan, const char *service) {
    for (size_t i = 0; service && i < plan->count; i++)
        if (plan->items[i].settings.tls && strcmp(plan->items[i].settings.service, service) == 0)
            return planned_port(&plan->items[i]);
    return 443;
}

void endpoint_plan_settle(struct endpoint_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->items[i];
        if (!planned->settings.tls)
            planned->settings.redirect_port = redirect_port(plan, planned->redirects_to);
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->items[i];
        planned->stays =
            planned->continues && listener_serves(planned->continues->listener, &planned->settings);
    }
}

bool endpoint_plan_continues(const struct endpoint_plan *plan, const struct endpoint *endpoint) {
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].continues == endpoint)
            return true;
    return false;
}

void endpoint_plan_finish(struct endpoint_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->items[i].priority);
        free(plan->items[i].certificate);
    }
    free(plan->items);
    *plan = (struct endpoint_plan){0};
}
