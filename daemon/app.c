#include "daemon/app.h"

#include "base/log.h"
#include "base/time_text.h"
#include "certs/store_change.h"
#include "control/control.h"
#include "daemon/announce.h"
#include "daemon/app_settings.h"
#include "daemon/clients_keeper.h"
#include "daemon/clients_seen.h"
#include "daemon/control_answers.h"
#include "daemon/drain.h"
#include "daemon/endpoints.h"
#include "daemon/handshake_gate.h"
#include "daemon/lab_keeper.h"
#include "daemon/metrics.h"
#include "daemon/metrics_place.h"
#include "daemon/metrics_report.h"
#include "daemon/pins.h"
#include "daemon/refusals.h"
#include "daemon/state_folder.h"
#include "daemon/state_watch.h"
#include "daemon/tls_front.h"
#include "daemon/tool_pins.h"
#include "platform/file.h"
#include "platform/host.h"
#include "platform/loop.h"
#include "platform/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_MS = 1000 };

struct app {
    struct conf *conf;
    const struct conf_overrides *overrides;
    int64_t started;

    struct state_folder *state_folder;
    struct loop *loop;
    struct cert_slot *slot;
    struct cert_keeper *certificates;
    struct authority_keeper *authority;
    struct tool_pins *pins;
    struct state_watch *state_watch;
    bool pins_wait; /* they could not be applied: try again at the next look */
    struct handshake_gate *gate;
    struct tls_front *tls_front;
    struct refusals *refusals;
    struct clients_seen *clients_seen;
    struct clients_keeper *clients_keeper;
    struct metrics *metrics;
    struct metrics_place *metrics_place;
    struct endpoints *endpoints;
    struct lab_keeper *lab_keeper;
    struct control_server *control;

    struct loop_timer *sweep;
    struct loop_timer *watchdog;
    struct drain *drain;
};

/* The error, if there is one, becomes the first that is no warning. */
static void log_mistake(void *context, const struct conf_mistake *mistake) {
    struct error *first = context;
    char where[256];
    if (mistake->line)
        snprintf(where, sizeof where, "%s:%u", mistake->file, mistake->line);
    else
        snprintf(where, sizeof where, "%s", mistake->file ? mistake->file : "configuration");
    if (mistake->warning) {
        log_warning("configuration", "%s: %s", where, mistake->text);
        return;
    }
    log_error("configuration", "%s: %s", where, mistake->text);
    if (first && first->kind == ERROR_NONE)
        error_set(first, ERROR_CONFIG, "%s: %s", where, mistake->text);
}

/* ---- certificates and pins ---- */

static void warn_missing_pins(const struct app *app) {
    struct cert_set *set = cert_slot_acquire(app->slot);
    pins_check(app->conf, tool_pins_list(app->pins), set, log_mistake, NULL);
    cert_set_release(set);
}

static void on_published(void *context) {
    struct app *app = context;
    if (app->authority)
        authority_keeper_look_soon(app->authority);
    if (app->endpoints)
        warn_missing_pins(app);
}

/* Each keeper that cannot take its settings goes on with those it has. */
static void configure_keepers(struct app *app, const struct conf *conf) {
    struct app_leaves leaves = {0};
    struct error err;
    if (!app_leaves_gather(conf, tool_pins_list(app->pins), &leaves, &err)) {
        log_error("store", "%s; store and local authority stay as they were", err.text);
        return;
    }
    const struct cert_keeper_settings settings = app_keeper_settings(conf, &leaves);
    const struct authority_keeper_settings authority = app_authority_settings(conf, &leaves);
    if (!cert_keeper_configure(app->certificates, &settings, &err))
        log_error("store", "%s; the store stays as it was", err.text);
    if (!authority_keeper_configure(app->authority, &authority, &err))
        log_error("authority", "%s; what it issues stays as it was", err.text);
    app_leaves_finish(&leaves);
}

/* A listener's pin is settled when it starts: one that changes is another on the same socket. */
static void apply_pins(struct app *app) {
    struct error err;
    if (drain_is_under_way(app->drain))
        return;
    configure_keepers(app, app->conf);
    app->pins_wait =
        !endpoints_apply(app->endpoints, app->conf, tool_pins_list(app->pins), NULL, &err);
    if (app->pins_wait)
        log_error("pins", "%s; each service stays pinned as it was", err.text);
    else
        warn_missing_pins(app);
}

static void look_at_pins(struct app *app) {
    if (tool_pins_look(app->pins) || app->pins_wait)
        apply_pins(app);
}

static void on_state_changed(void *context) {
    struct app *app = context;
    look_at_pins(app);
    authority_keeper_look_soon(app->authority);
}

void app_rescan(struct app *app) {
    cert_keeper_rescan(app->certificates);
    look_at_pins(app);
    authority_keeper_look(app->authority);
}

/* ---- clients and metrics ---- */

static void configure_clients(struct app *app, const struct conf *conf) {
    enum { DAY_S = 24 * 3600 };
    clients_keeper_configure(app->clients_keeper, conf->clients.remember,
                             conf->clients.forget_after_days * DAY_S);
}

static void print_metrics(void *context, struct buffer *out) {
    metrics_report(context, out);
}

static bool apply_listeners(struct app *app, const struct conf *conf, struct error *err) {
    const struct endpoints_companion metrics =
        metrics_place_move(app->metrics_place, conf->metrics.listen);
    return endpoints_apply(app->endpoints, conf, tool_pins_list(app->pins), &metrics, err);
}

/* ---- where it listens ---- */

static bool announce(const struct app *app, struct error *err) {
    return announce_in_file(app->endpoints, metrics_place_listener(app->metrics_place),
                            app->lab_keeper, state_folder_listening_file(app->state_folder), err);
}

void app_announce(const struct app *app) {
    struct error err;
    if (!announce(app, &err))
        log_error("mailstored", "%s: it says where it listened before", err.text);
}

/* ---- reload ---- */

static void apply_log(const struct conf *conf) {
    struct error err;
    log_set_level(conf->log.level);
    if (!log_open_file(conf->log.file, &err))
        log_error("log", "%s", err.text);
}

/* The listeners are the new ones by now: what fails here is told, and the rest goes on. */
static void finish_taking(struct app *app, const struct conf *conf) {
    struct error err;
    if (!tls_front_reload(app->tls_front, conf->tls.ticket_key_file, &err))
        log_error("tls", "%s; the session ticket key stays as it was", err.text);
    configure_keepers(app, conf);
    handshake_gate_set_timeout(app->gate, conf->limits.handshake_timeout_s * 1000);
    state_watch_set_poll_interval(app->state_watch, conf->poll_interval_s * 1000);
    apply_log(conf);
    configure_clients(app, conf);
    if (!lab_keeper_configure(app->lab_keeper, conf, &err))
        log_error("laboratory", "%s; it is off", err.text);
    app_announce(app);
}

static bool take_configuration(struct app *app, struct conf *conf, struct error *err) {
    if (!app_check_priority(conf, err))
        return false;
    if (strcmp(conf->state_folder, app->conf->state_folder) != 0) {
        error_set(err, ERROR_CONFIG,
                  "state_folder cannot change from %s to %s while the daemon runs: restart it",
                  app->conf->state_folder, conf->state_folder);
        return false;
    }
    if (strcmp(conf->control_socket, app->conf->control_socket) != 0)
        log_warning("configuration", "control_socket changes at the next start only");
    /* What can go wrong comes first and changes nothing until it has gone right. */
    if (!folder_make(conf->store_folder, 0700, err) ||
        !tls_front_check(conf->tls.ticket_key_file, err) || !apply_listeners(app, conf, err))
        return false;
    app->pins_wait = false;
    finish_taking(app, conf);
    return true;
}

static bool reload(struct app *app, struct error *err) {
    struct error first = {0};
    struct conf *conf;
    look_at_pins(app); /* also where the configuration cannot be taken */
    if (!conf_load(app->overrides, log_mistake, &first, &conf)) {
        log_error("configuration", "not changed: the mistakes above prevent it");
        if (err)
            *err = first;
        return false;
    }
    if (!take_configuration(app, conf, &first)) {
        log_error("configuration", "not changed: %s", first.text);
        conf_destroy(conf);
        if (err)
            *err = first;
        return false;
    }
    conf_destroy(app->conf);
    app->conf = conf;
    log_notice("configuration", "read again from %s",
               conf->file ? conf->file : "built-in defaults");
    announce_listeners(app->endpoints, metrics_place_listener(app->metrics_place));
    warn_missing_pins(app);
    return true;
}

bool app_reload(struct app *app, struct error *err) {
    if (drain_is_under_way(app->drain)) {
        error_set(err, ERROR_BUSY, "the daemon is stopping");
        return false;
    }
    bool taken = reload(app, err);
    metrics_count_reload(app->metrics, taken);
    return taken;
}

/* ---- signals and timers ---- */

static void notify_ready(const struct app *app) {
    char status[160];
    snprintf(status, sizeof status, "%zu listeners, %zu certificates",
             endpoints_count(app->endpoints),
             cert_set_count(cert_store_set(cert_keeper_store(app->certificates))));
    service_notify_ready(status);
}

static void on_reload(void *context) {
    struct app *app = context;
    if (drain_is_under_way(app->drain)) /* no READY=1 after STOPPING=1 */
        return;
    service_notify_reloading();
    app_reload(app, NULL);
    notify_ready(app);
}

static void on_reopen(void *context) {
    struct app *app = context;
    struct error err;
    if (!log_open_file(app->conf->log.file, &err))
        log_error("log", "%s; the old file is still written", err.text);
    endpoints_reopen_logs(app->endpoints);
    log_info("log", "files opened anew");
}

static void on_sweep(void *context) {
    struct app *app = context;
    endpoints_sweep(app->endpoints);
    loop_timer_set(app->sweep, SWEEP_MS);
}

static void on_watchdog(void *context) {
    struct app *app = context;
    service_notify_watchdog();
    loop_timer_set(app->watchdog, service_watchdog_interval_ms());
}

static void on_stop(void *context) {
    struct app *app = context;
    if (!drain_is_under_way(app->drain))
        service_notify_stopping();
    drain_begin(app->drain, app->endpoints, app->conf->limits.drain_timeout_s * 1000);
}

/* ---- start and end ---- */

static bool watch_signals(struct app *app, struct error *err) {
    return loop_on_signal(app->loop, LOOP_SIGNAL_STOP, on_stop, app, err) &&
           loop_on_signal(app->loop, LOOP_SIGNAL_RELOAD, on_reload, app, err) &&
           loop_on_signal(app->loop, LOOP_SIGNAL_REOPEN, on_reopen, app, err) &&
           loop_timer_create(app->loop, on_sweep, app, &app->sweep, err) &&
           drain_create(app->loop, &app->drain, err) &&
           loop_timer_create(app->loop, on_watchdog, app, &app->watchdog, err);
}

static bool start_keepers(struct app *app, const struct app_leaves *leaves, struct error *err) {
    const struct conf *conf = app->conf;
    const struct cert_keeper_settings settings = app_keeper_settings(conf, leaves);
    const struct authority_keeper_settings authority = app_authority_settings(conf, leaves);
    return cert_slot_create(&app->slot, err) &&
           cert_keeper_create(app->loop, app->slot, &settings, on_published, app,
                              &app->certificates, err) &&
           authority_keeper_create(app->loop, conf->state_folder, app->certificates, &authority,
                                   &app->authority, err) &&
           state_watch_create(app->loop, conf->state_folder, settings.poll_interval_ms,
                              on_state_changed, app, &app->state_watch, err);
}

static bool start_certificates(struct app *app, struct error *err) {
    struct app_leaves leaves = {0};
    store_change_finish_interrupted(app->conf->store_folder); /* and sweeps under its lock */
    bool ok = tool_pins_create(app->conf->state_folder, &app->pins, err) &&
              app_leaves_gather(app->conf, tool_pins_list(app->pins), &leaves, err) &&
              start_keepers(app, &leaves, err);
    app_leaves_finish(&leaves);
    return ok;
}

static bool prepare_tls(struct app *app, struct error *err) {
    if (!handshake_gate_create(app->conf->limits.handshake_timeout_s * 1000, &app->gate, err) ||
        !tls_front_create(app->conf->tls.ticket_key_file, &app->tls_front, err) ||
        !refusals_create(&app->refusals, err) || !clients_seen_create(&app->clients_seen, err) ||
        !clients_keeper_create(app->loop, app->conf->state_folder, app->clients_seen,
                               &app->clients_keeper, err) ||
        !metrics_create(&app->metrics, err) ||
        !metrics_place_create(app->loop, print_metrics, app, &app->metrics_place, err))
        return false;
    configure_clients(app, app->conf);
    const struct listener_shared shared = {.certs = app->slot,
                                           .gate = app->gate,
                                           .tls_front = app->tls_front,
                                           .refusals = app->refusals,
                                           .clients_seen = app->clients_seen,
                                           .metrics = app->metrics};
    return endpoints_create(&shared, &app->endpoints, err);
}

bool app_start(struct conf *conf, const struct conf_overrides *overrides, struct app **out,
               bool *address_failed, struct error *err) {
    *address_failed = false;
    struct app *app = calloc(1, sizeof *app);
    if (!app) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    app->conf = conf;
    app->overrides = overrides;
    app->started = time_now();
    host_raise_file_limit();
    if (!app_check_priority(conf, err) || !app_make_folders(conf, err) ||
        !state_folder_claim(conf->state_folder, &app->state_folder, err) ||
        !loop_create(&app->loop, err) || !watch_signals(app, err) || !start_certificates(app, err))
        goto failed;
    if (!prepare_tls(app, err))
        goto failed;
    if (!apply_listeners(app, conf, err) || !lab_keeper_create(&app->lab_keeper, err) ||
        !lab_keeper_configure(app->lab_keeper, conf, err)) {
        *address_failed = err->kind != ERROR_MEMORY;
        goto failed;
    }
    /* The file comes last: whoever waits for it finds everything open. */
    if (!control_server_create(app->loop, conf->control_socket, control_answers, app, &app->control,
                               err) ||
        !announce(app, err))
        goto failed;
    *out = app;
    return true;
failed:
    app->conf = NULL; /* still the caller's */
    app_destroy(app);
    return false;
}

void app_run(struct app *app) {
    announce_listeners(app->endpoints, metrics_place_listener(app->metrics_place));
    announce_welcome(app->endpoints, app->conf->store_folder);
    warn_missing_pins(app);
    loop_timer_set(app->sweep, SWEEP_MS);
    if (service_watchdog_interval_ms() > 0)
        loop_timer_set(app->watchdog, service_watchdog_interval_ms());
    notify_ready(app);
    loop_run(app->loop);
}

void app_destroy(struct app *app) {
    if (!app)
        return;
    control_server_destroy(app->control);
    lab_keeper_destroy(app->lab_keeper);
    metrics_place_destroy(app->metrics_place);
    endpoints_destroy(app->endpoints);
    handshake_gate_destroy(app->gate);
    tls_front_destroy(app->tls_front);
    refusals_destroy(app->refusals);
    clients_keeper_destroy(app->clients_keeper);
    clients_seen_destroy(app->clients_seen);
    metrics_destroy(app->metrics);
    state_watch_destroy(app->state_watch);
    authority_keeper_destroy(app->authority);
    tool_pins_destroy(app->pins);
    cert_keeper_destroy(app->certificates);
    cert_slot_destroy(app->slot);
    loop_timer_destroy(app->sweep);
    loop_timer_destroy(app->watchdog);
    drain_destroy(app->drain);
    loop_destroy(app->loop);
    state_folder_release(app->state_folder);
    conf_destroy(app->conf);
    free(app);
}

const struct conf *app_conf(const struct app *app) {
    return app->conf;
}

struct cert_keeper *app_certificates(const struct app *app) {
    return app->certificates;
}

struct cert_slot *app_slot(const struct app *app) {
    return app->slot;
}

const struct endpoints *app_endpoints(const struct app *app) {
    return app->endpoints;
}

const struct pin_list *app_pins(const struct app *app) {
    return tool_pins_list(app->pins);
}

struct clients_seen *app_clients_seen(const struct app *app) {
    return app->clients_seen;
}

struct clients_keeper *app_clients_keeper(const struct app *app) {
    return app->clients_keeper;
}

const struct lab_keeper *app_lab_keeper(const struct app *app) {
    return app->lab_keeper;
}

const struct metrics *app_metrics(const struct app *app) {
    return app->metrics;
}

int64_t app_started(const struct app *app) {
    return app->started;
}
