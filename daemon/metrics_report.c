#include "daemon/metrics_report.h"

#include "base/time_text.h"
#include "daemon/app.h"
#include "daemon/cert_keeper.h"
#include "daemon/clients_file.h"
#include "daemon/endpoints.h"
#include "daemon/metrics.h"
#include "daemon/metrics_text.h"
#include "daemon/served.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static void print_one(struct buffer *out, const char *name, const char *type, const char *help,
                      int64_t value) {
    metrics_text_family(out, name, type, help);
    metrics_text_sample(out, name, NULL, value);
}

static void print_build(struct buffer *out) {
    const struct metrics_label labels[] = {{"version", MAILSTORED_VERSION},
                                           {"gnutls", gnutls_check_version(NULL)},
                                           {"libmicrohttpd", MHD_get_version()},
                                           {NULL, NULL}};
    metrics_text_family(out, "mailstored_build_info", "gauge",
                        "1; the versions of the daemon and of the libraries it runs with.");
    metrics_text_sample(out, "mailstored_build_info", labels, 1);
}

static void print_store(const struct app *app, const struct cert_set *set, struct buffer *out) {
    const struct cert_keeper *keeper = app_certificates(app);
    print_one(out, "mailstored_store_entries", "gauge", "Certificates in the store.",
              (int64_t)cert_set_count(set));
    print_one(out, "mailstored_store_refused_files", "gauge",
              "Files of the store that are refused now.",
              (int64_t)cert_store_refusal_count(cert_keeper_store(keeper)));
    print_one(out, "mailstored_store_reloads_total", "counter",
              "How often a changed store was taken over.",
              (int64_t)cert_keeper_generation(keeper) - 1);
    print_one(out, "mailstored_store_refusals_total", "counter",
              "How often a file of the store was refused.", (int64_t)cert_keeper_refusals(keeper));
}

/* ---- certificates ---- */

/* A certificate in use, and by whom; borrowed from the set. */
struct use {
    const struct cert *cert;
    const char *service; /* whose clients without a server name get it; "": nobody's, only those
                            that ask for one of its names */
};

static bool is_listed(const struct use *uses, size_t count, const struct use *use) {
    for (size_t i = 0; i < count; i++)
        if (uses[i].cert == use->cert && (strcmp(uses[i].service, use->service) == 0))
            return true;
    return false;
}

static bool is_used(const struct use *uses, size_t count, const struct cert *cert) {
    for (size_t i = 0; i < count; i++)
        if (uses[i].cert == cert)
            return true;
    return false;
}

/* For free(); NULL: out of memory. */
static struct use *gather_uses(const struct app *app, const struct cert_set *set, size_t *count) {
    const struct endpoints *endpoints = app_endpoints(app);
    struct use *uses = calloc(endpoints_count(endpoints) + cert_set_count(set) + 1, sizeof *uses);
    size_t used = 0;
    for (size_t i = 0; uses && i < endpoints_count(endpoints); i++) {
        const struct listener *listener = endpoints_at(endpoints, i);
        enum cert_choice choice;
        const struct use use = {served_certificate(set, listener, NULL, &choice),
                                listener_settings(listener)->service};
        if (use.cert && !is_listed(uses, used, &use))
            uses[used++] = use;
    }
    size_t of_services = used;
    for (size_t i = 0; uses && i < cert_set_count(set); i++)
        if (!is_used(uses, of_services, cert_set_at(set, i)))
            uses[used++] = (struct use){cert_set_at(set, i), ""};
    *count = used;
    return uses;
}

static void print_certificates(const struct app *app, const struct cert_set *set,
                               struct buffer *out) {
    static const struct {
        const char *name, *help;
    } families[] = {
        {"mailstored_certificate_not_after_timestamp_seconds",
         "When each certificate ends; the service is the one whose clients get it unless they ask "
         "for another name."},
        {"mailstored_certificate_expiry_seconds",
         "How long each certificate lasts from now on, below 0 once it has ended; a day has 86400."},
    };
    size_t count = 0;
    struct use *uses = gather_uses(app, set, &count);
    int64_t now = time_now();
    out->failed |= !uses;
    for (size_t f = 0; uses && f < sizeof families / sizeof *families; f++) {
        metrics_text_family(out, families[f].name, "gauge", families[f].help);
        for (size_t i = 0; i < count; i++) {
            const struct metrics_label labels[] = {
                {"entry", cert_name(uses[i].cert)}, {"service", uses[i].service}, {NULL, NULL}};
            int64_t end = cert_info(uses[i].cert)->not_after;
            metrics_text_sample(out, families[f].name, labels, f == 0 ? end : end - now);
        }
    }
    free(uses);
}

/* ---- clients ---- */

static void print_clients(const struct app *app, struct buffer *out) {
    struct client_seen *clients = NULL;
    size_t count = 0, refusing = 0;
    if (!app_conf(app)->clients.remember)
        return;
    if (!clients_seen_copy(app_clients_seen(app), &clients, &count, NULL)) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        refusing += client_refuses(&clients[i]);
    free(clients);
    print_one(out, "mailstored_clients", "gauge", "Clients that are remembered.", (int64_t)count);
    print_one(out, "mailstored_clients_refusing", "gauge",
              "Of them those that did not accept the certificate when they last saw it.",
              (int64_t)refusing);
}

void metrics_report(const struct app *app, struct buffer *out) {
    struct cert_set *set = cert_slot_acquire(app_slot(app));
    print_build(out);
    print_one(out, "mailstored_start_time_seconds", "gauge",
              "When the daemon started, since 1970-01-01 UTC.", app_started(app));
    metrics_print(app_metrics(app), out);
    print_store(app, set, out);
    print_certificates(app, set, out);
    print_clients(app, out);
    cert_set_release(set);
}
