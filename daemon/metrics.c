#include "daemon/metrics.h"

#include "tls/alert.h"
#include "daemon/clients_file.h"
#include "daemon/metrics_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    gnutls_protocol_t version;
    const char *name;
} versions[] = {
    {GNUTLS_TLS1_2, "1.2"},
    {GNUTLS_TLS1_3, "1.3"},
    {GNUTLS_VERSION_UNKNOWN, "unknown"}, /* also every other: it ended before one was agreed on */
};
enum {
    VERSIONS = sizeof versions / sizeof *versions,
    ENDS = HANDSHAKE_LATE + 1,
    FIRST_STATUS = 100,
    STATUSES = 500,
};

struct service_metrics {
    char *service;
    struct service_metrics *next;
    atomic_ullong ended[VERSIONS][ENDS]; /* but for HANDSHAKE_REFUSED, which is counted by alert */
    atomic_ullong refused[VERSIONS][ALERT_SLOTS];
    atomic_ullong resumed[VERSIONS];
    atomic_ullong requests[STATUSES]; /* by status, from FIRST_STATUS on */
    atomic_int connections;
};

struct metrics {
    struct service_metrics *services; /* in the order of their names */
    uint64_t reloads, failed_reloads;
};

bool metrics_create(struct metrics **out, struct error *err) {
    *out = calloc(1, sizeof **out);
    if (!*out)
        error_set(err, ERROR_MEMORY, "metrics: out of memory");
    return *out;
}

void metrics_destroy(struct metrics *metrics) {
    while (metrics && metrics->services) {
        struct service_metrics *service = metrics->services;
        metrics->services = service->next;
        free(service->service);
        free(service);
    }
    free(metrics);
}

bool metrics_service(struct metrics *metrics, const char *name, struct service_metrics **out,
                     struct error *err) {
    struct service_metrics **at = &metrics->services;
    while (*at && strcmp((*at)->service, name) < 0)
        at = &(*at)->next;
    if (!*at || strcmp((*at)->service, name) != 0) {
        struct service_metrics *service = calloc(1, sizeof *service);
        if (!service || !(service->service = strdup(name))) {
            error_set(err, ERROR_MEMORY, "metrics: out of memory");
            free(service);
            return false;
        }
        service->next = *at;
        *at = service;
    }
    *out = *at;
    return true;
}

/* ---- counting ---- */

static void add_one(atomic_ullong *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static int64_t value(const atomic_ullong *counter) {
    return (int64_t)atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count_handshake(struct service_metrics *service,
                             const struct handshake_count *handshake) {
    size_t version = 0;
    while (version < VERSIONS - 1 && versions[version].version != handshake->version)
        version++;
    if (handshake->end == HANDSHAKE_REFUSED)
        add_one(&service->refused[version][alert_slot(handshake->alert)]);
    else
        add_one(&service->ended[version][handshake->end]);
    if (handshake->resumed)
        add_one(&service->resumed[version]);
}

void metrics_count_request(struct service_metrics *service, unsigned status) {
    if (status >= FIRST_STATUS && status < FIRST_STATUS + STATUSES)
        add_one(&service->requests[status - FIRST_STATUS]);
}

void metrics_count_connection(struct service_metrics *service, int change) {
    atomic_fetch_add_explicit(&service->connections, change, memory_order_relaxed);
}

void metrics_count_reload(struct metrics *metrics, bool taken) {
    if (taken)
        metrics->reloads++;
    else
        metrics->failed_reloads++;
}

/* ---- printing ---- */

static void print_handshakes_of(const struct service_metrics *service, struct buffer *out) {
    static const char name[] = "mailstored_handshakes_total";
    for (size_t v = 0; v < VERSIONS; v++) {
        struct metrics_label labels[] = {{"service", service->service},
                                         {"version", versions[v].name},
                                         {"verdict", NULL},
                                         {"alert", "none"},
                                         {NULL, NULL}};
        for (size_t end = HANDSHAKE_FINISHED; end < ENDS; end++) {
            if (end == HANDSHAKE_REFUSED)
                continue;
            labels[2].value = verdict_word(end);
            metrics_text_sample(out, name, labels, value(&service->ended[v][end]));
        }
        labels[2].value = verdict_word(HANDSHAKE_REFUSED);
        for (size_t slot = 0; slot < ALERT_SLOTS; slot++) {
            if (value(&service->refused[v][slot]) == 0)
                continue; /* of the many that there could be, those that there are */
            labels[3].value = alert_slot_name(slot);
            metrics_text_sample(out, name, labels, value(&service->refused[v][slot]));
        }
    }
}

static void print_resumptions_of(const struct service_metrics *service, struct buffer *out) {
    for (size_t v = 0; v < VERSIONS - 1; v++) {
        const struct metrics_label labels[] = {
            {"service", service->service}, {"version", versions[v].name}, {NULL, NULL}};
        metrics_text_sample(out, "mailstored_sessions_resumed_total", labels,
                            value(&service->resumed[v]));
    }
}

static void print_requests_of(const struct service_metrics *service, struct buffer *out) {
    for (unsigned i = 0; i < STATUSES; i++) {
        char code[8];
        if (value(&service->requests[i]) == 0)
            continue;
        snprintf(code, sizeof code, "%u", FIRST_STATUS + i);
        const struct metrics_label labels[] = {
            {"service", service->service}, {"code", code}, {NULL, NULL}};
        metrics_text_sample(out, "mailstored_requests_total", labels, value(&service->requests[i]));
    }
}

static void print_connections_of(const struct service_metrics *service, struct buffer *out) {
    const struct metrics_label labels[] = {{"service", service->service}, {NULL, NULL}};
    metrics_text_sample(out, "mailstored_connections", labels,
                        atomic_load_explicit(&service->connections, memory_order_relaxed));
}

static const struct family {
    const char *name, *type, *help;
    void (*print)(const struct service_metrics *service, struct buffer *out);
} families[] = {
    {"mailstored_handshakes_total", "counter",
     "TLS handshakes that are over, by what the client made of them; a finished one counts with its "
     "first request, or at its end without one.",
     print_handshakes_of},
    {"mailstored_sessions_resumed_total", "counter",
     "Finished handshakes that went on with an earlier session.", print_resumptions_of},
    {"mailstored_requests_total", "counter", "HTTP requests answered, by status code.",
     print_requests_of},
    {"mailstored_connections", "gauge", "Connections that are open.", print_connections_of},
};

static void print_reloads(const struct metrics *metrics, struct buffer *out) {
    static const char name[] = "mailstored_configuration_reloads_total";
    metrics_text_family(out, name, "counter", "How often the configuration was read again.");
    metrics_text_sample(out, name, (struct metrics_label[]){{"result", "taken"}, {NULL, NULL}},
                        (int64_t)metrics->reloads);
    metrics_text_sample(out, name, (struct metrics_label[]){{"result", "refused"}, {NULL, NULL}},
                        (int64_t)metrics->failed_reloads);
}

void metrics_print(const struct metrics *metrics, struct buffer *out) {
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        metrics_text_family(out, families[i].name, families[i].type, families[i].help);
        for (const struct service_metrics *s = metrics->services; s; s = s->next)
            families[i].print(s, out);
    }
    print_reloads(metrics, out);
}
