#include "daemon/control_answers.h"

#include "base/time_text.h"
#include "certs/cert_set.h"
#include "certs/names.h"
#include "tls/alert.h"
#include "daemon/app.h"
#include "daemon/cert_keeper.h"
#include "daemon/clients_file.h"
#include "daemon/clients_keeper.h"
#include "daemon/endpoints.h"
#include "daemon/lab_answers.h"
#include "daemon/metrics_report.h"
#include "daemon/pins.h"
#include "daemon/served.h"
#include "platform/process.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

static json_t *complete(json_t *answer, struct error *err) {
    if (!answer)
        error_set(err, ERROR_MEMORY, "out of memory");
    return answer;
}

/* ---- what a client without a server name gets ---- */

static const char *rule_name(enum cert_choice choice) {
    switch (choice) {
    case CERT_CHOICE_PIN:
        return "pin";
    case CERT_CHOICE_NAME:
        return "name";
    case CERT_CHOICE_NEWEST:
        return "newest";
    case CERT_CHOICE_GENERATED:
        return "generated";
    case CERT_CHOICE_NONE:
        break;
    }
    return "none";
}

/* ---- who pinned it ---- */

static json_t *pinned_by(const struct pinned *pinned) {
    switch (pinned->by) {
    case PINNED_BY_CONFIGURATION:
        return json_string("configuration");
    case PINNED_BY_TOOL:
        return json_string("tool");
    case PINNED_BY_NOBODY:
        break;
    }
    return json_null();
}

/* "FILE:LINE" */
static json_t *pinned_at(const struct pinned *pinned) {
    struct buffer place = {0};
    if (!pinned->file)
        return json_null();
    buffer_append_text(&place, pinned->file);
    if (pinned->line > 0)
        buffer_printf(&place, ":%u", pinned->line);
    json_t *text = place.failed ? NULL : report_text(place.data);
    buffer_finish(&place);
    return text;
}

static json_t *pinned_to(const struct pinned *pinned, const char *service) {
    char *entry = NULL;
    json_t *text = pinned_entry(pinned, service, &entry) ? report_text(entry) : NULL;
    free(entry);
    return text;
}

/* ---- status ---- */

static json_t *describe_listener(const struct cert_set *set, const struct listener *listener,
                                 const char *server_name) {
    const struct listener_settings *settings = listener_settings(listener);
    const struct sockaddr *bound = (const struct sockaddr *)&listener_bound(listener)->storage;
    char host[SOCKET_TEXT_SIZE], near[SOCKET_TEXT_SIZE];
    enum cert_choice choice;
    const struct cert *cert = served_certificate(set, listener, server_name, &choice);
    json_t *fingerprint =
        cert ? report_fingerprint(cert_info(cert)->fingerprint, sizeof cert_info(cert)->fingerprint)
             : json_null();
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "address", settings->address,
                     "port", (int)socket_address_port(bound), "bound",
                     socket_address_host(bound, host), "reach", served_reach(listener, near),
                     "protocol", settings->tls ? "https" : "redirect", "certificate",
                     report_text(settings->certificate), "serves",
                     report_text(cert ? cert_name(cert) : NULL), "rule", rule_name(choice),
                     "fingerprint", fingerprint);
}

static json_t *describe_service(const struct app *app, const struct cert_set *set,
                                const struct conf_service *service, const char *server_name) {
    json_t *listeners = json_array();
    for (size_t i = 0; i < endpoints_count(app_endpoints(app)); i++) {
        const struct listener *listener = endpoints_at(app_endpoints(app), i);
        if (strcmp(listener_settings(listener)->service, service->name) == 0)
            json_array_append_new(listeners, describe_listener(set, listener, server_name));
    }
    const struct pinned pinned = pinned_service(service, app_pins(app));
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "name", service->name, "enabled",
                     (int)service->enabled, "certificate", pinned_to(&pinned, service->name),
                     "pinned_by", pinned_by(&pinned), "pinned_at", pinned_at(&pinned), "listeners",
                     listeners);
}

static json_t *answer_status(void *context, const json_t *request, struct error *err) {
    const struct app *app = context;
    const struct conf *conf = app_conf(app);
    const char *sent = json_string_value(json_object_get(request, "server_name"));
    char server_name[NAME_SIZE];
    if (sent && !name_normalise(sent, false, server_name) &&
        !address_normalise(sent, server_name)) {
        error_set(err, ERROR_INPUT, "\"%s\" is no host name", sent);
        return NULL;
    }
    const struct cert_store *store = cert_keeper_store(app_certificates(app));
    struct cert_set *set = cert_slot_acquire(app_slot(app));
    json_t *services = json_array();
    for (size_t i = 0; i < conf->service_count; i++)
        json_array_append_new(
            services, describe_service(app, set, &conf->services[i], sent ? server_name : NULL));
    json_t *answer = json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "version", MAILSTORED_VERSION,
        "pid", (json_int_t)process_id(), "started", (json_int_t)app_started(app), "config_file",
        report_text(conf->file), "state_folder", report_text(conf->state_folder), "store_folder",
        report_text(conf->store_folder), "generation",
        (json_int_t)cert_keeper_generation(app_certificates(app)), "entries",
        (json_int_t)cert_set_count(set), "refused", (json_int_t)cert_store_refusal_count(store),
        "connections", (json_int_t)endpoints_connections(app_endpoints(app)), "services", services);
    cert_set_release(set);
    return complete(answer, err);
}

/* ---- list, show ---- */

/* One use for each HTTPS listener; the caller frees the items. The set must outlive them. */
static struct report_uses gather_uses(const struct app *app, const struct cert_set *set,
                                      struct report_use **items) {
    size_t count = endpoints_count(app_endpoints(app)), used = 0;
    *items = calloc(count + 1, sizeof **items);
    for (size_t i = 0; *items && i < count; i++) {
        const struct listener *listener = endpoints_at(app_endpoints(app), i);
        enum cert_choice choice;
        const struct cert *cert = served_certificate(set, listener, NULL, &choice);
        if (cert)
            (*items)[used++] =
                (struct report_use){listener_settings(listener)->service, cert_name(cert)};
    }
    return (struct report_uses){*items, used};
}

static bool add_pin(json_t *pins, const char *service, const struct pinned *pinned) {
    return !pinned->certificate ||
           json_array_append_new(pins,
                                 json_pack("{s:s, s:o, s:o, s:o}", "service", service, "entry",
                                           pinned_to(pinned, service), "pinned_by",
                                           pinned_by(pinned), "pinned_at", pinned_at(pinned))) == 0;
}

/* Every pin, also those of listeners and of services that are off: what must not be removed. */
static json_t *gather_pins(const struct app *app) {
    const struct conf *conf = app_conf(app);
    json_t *pins = json_array();
    bool ok = pins != NULL;
    for (size_t s = 0; ok && s < conf->service_count; s++) {
        const struct conf_service *service = &conf->services[s];
        const struct pinned pinned = pinned_service(service, app_pins(app));
        ok = add_pin(pins, service->name, &pinned);
        for (size_t l = 0; ok && l < service->listener_count; l++) {
            const struct conf_listener *listener = &service->listeners[l];
            const struct pinned own = pinned_listener(service, listener, app_pins(app));
            ok = !listener->certificate || add_pin(pins, service->name, &own);
        }
    }
    if (ok)
        return pins;
    json_decref(pins);
    return NULL;
}

static json_t *answer_list(void *context, const json_t *request, struct error *err) {
    (void)request;
    const struct app *app = context;
    struct cert_set *set = cert_slot_acquire(app_slot(app));
    struct report_use *items;
    struct report_uses uses = gather_uses(app, set, &items);
    json_t *answer = report_list(cert_keeper_store(app_certificates(app)), uses, time_now());
    free(items);
    cert_set_release(set);
    if (answer && json_object_set_new(answer, "pins", gather_pins(app)) != 0) {
        json_decref(answer);
        answer = NULL;
    }
    return complete(answer, err);
}

static json_t *answer_show(void *context, const json_t *request, struct error *err) {
    const struct app *app = context;
    const char *name = json_string_value(json_object_get(request, "entry"));
    if (!name) {
        error_set(err, ERROR_INPUT, "show needs the member \"entry\", a text");
        return NULL;
    }
    struct cert_set *set = cert_slot_acquire(app_slot(app));
    struct report_use *items;
    struct report_uses uses = gather_uses(app, set, &items);
    json_t *answer =
        report_show(cert_keeper_store(app_certificates(app)), name, uses, time_now(), err);
    free(items);
    cert_set_release(set);
    return answer;
}

/* ---- clients, metrics ---- */

/* What the alert means, where it is about the certificate. */
static json_t *meaning_of(const struct client_seen *client) {
    const char *meaning = alert_meaning(client->alert);
    return client->end == HANDSHAKE_REFUSED && meaning ? json_string(meaning) : json_null();
}

static json_t *describe_client(const struct client_seen *client) {
    bool refused = client->end == HANDSHAKE_REFUSED;
    bool finished = client->end == HANDSHAKE_FINISHED;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:I, s:I, s:I, s:I}", "address",
                     client->address, "service", client->service, "verdict",
                     verdict_word(client->end), "alert",
                     refused ? json_string(alert_name(client->alert)) : json_null(), "meaning",
                     meaning_of(client), "refuses", (int)client_refuses(client), "asked",
                     finished ? json_boolean(client->asked) : json_null(), "first",
                     (json_int_t)client->first, "last", (json_int_t)client->last, "handshakes",
                     (json_int_t)client->handshakes, "refusals", (json_int_t)client->refusals);
}

static json_t *describe_clients(const struct app *app, bool refusing, struct error *err) {
    struct client_seen *clients = NULL;
    size_t count = 0;
    json_t *list = json_array();
    if (!clients_seen_copy(app_clients_seen(app), &clients, &count, err)) {
        json_decref(list);
        return NULL;
    }
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < count; i++)
        if (!refusing || client_refuses(&clients[i]))
            ok = json_array_append_new(list, describe_client(&clients[i])) == 0;
    free(clients);
    if (ok)
        return list;
    json_decref(list);
    return complete(NULL, err);
}

static json_t *answer_clients(void *context, const json_t *request, struct error *err) {
    const struct app *app = context;
    const struct conf *conf = app_conf(app);
    const json_t *refusing = json_object_get(request, "refusing");
    if (refusing && !json_is_boolean(refusing)) {
        error_set(err, ERROR_INPUT, "the member \"refusing\" must be true or false");
        return NULL;
    }
    if (conf->clients.remember)
        clients_keeper_forget(app_clients_keeper(app), time_now());
    json_t *clients = describe_clients(app, json_is_true(refusing), err);
    if (!clients)
        return NULL;
    return complete(json_pack("{s:b, s:I, s:o}", "remember", (int)conf->clients.remember,
                              "forget_after_days", (json_int_t)conf->clients.forget_after_days,
                              "clients", clients),
                    err);
}

static json_t *answer_metrics(void *context, const json_t *request, struct error *err) {
    (void)request;
    struct buffer text = {0};
    metrics_report(context, &text);
    json_t *answer = text.failed ? NULL : json_pack("{s:s}", "text", text.data);
    buffer_finish(&text);
    return complete(answer, err);
}

/* ---- orders ---- */

static json_t *answer_reload(void *context, const json_t *request, struct error *err) {
    (void)request;
    struct app *app = context;
    if (!app_reload(app, err))
        return NULL;
    app_rescan(app);
    return complete(json_pack("{s:b}", "reloaded", 1), err);
}

static json_t *generation(const struct app *app, struct error *err) {
    return complete(
        json_pack("{s:I}", "generation", (json_int_t)cert_keeper_generation(app_certificates(app))),
        err);
}

static json_t *answer_rescan(void *context, const json_t *request, struct error *err) {
    (void)request;
    struct app *app = context;
    app_rescan(app);
    return generation(app, err);
}

static json_t *answer_renew(void *context, const json_t *request, struct error *err) {
    (void)request;
    const struct app *app = context;
    if (!cert_keeper_renew_generated(app_certificates(app), err))
        return NULL;
    return generation(app, err);
}

const struct control_command control_answers[] = {
    {"status", answer_status},
    {"list", answer_list},
    {"show", answer_show},
    {"clients", answer_clients},
    {"metrics", answer_metrics},
    {"reload", answer_reload},
    {"rescan", answer_rescan},
    {"renew", answer_renew},
    {"lab-list", lab_answer_list},
    {"lab-start", lab_answer_start},
    {"lab-stop", lab_answer_stop},
    {"lab-describe", lab_answer_describe},
    {"lab-report", lab_answer_report},
    {"lab-files", lab_answer_files},
    {NULL, NULL},
};
