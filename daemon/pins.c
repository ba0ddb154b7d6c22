#include "daemon/pins.h"

#include "base/time_text.h"
#include "certs/cert_store.h"
#include "daemon/authority_file.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pinned pinned_service(const struct conf_service *service, const struct pin_list *tool) {
    if (service->certificate)
        return (struct pinned){service->certificate, PINNED_BY_CONFIGURATION,
                               service->certificate_file, service->certificate_line};
    const char *entry = pin_list_find(tool, service->name);
    return (struct pinned){.certificate = entry, .by = entry ? PINNED_BY_TOOL : PINNED_BY_NOBODY};
}

struct pinned pinned_listener(const struct conf_service *service,
                              const struct conf_listener *listener, const struct pin_list *tool) {
    if (listener->protocol != CONF_HTTPS)
        return (struct pinned){.by = PINNED_BY_NOBODY};
    if (listener->certificate)
        return (struct pinned){listener->certificate, PINNED_BY_CONFIGURATION, listener->file,
                               listener->line};
    return pinned_service(service, tool);
}

/* Is that a certificate of the local authority? */
static bool pinned_to_authority(const struct pinned *pinned) {
    return pinned->certificate && strcmp(pinned->certificate, CONF_AUTHORITY) == 0;
}

bool service_wants_authority(const struct conf_service *service, const struct pin_list *tool,
                             struct pinned *out) {
    for (size_t l = 0; service->enabled && l < service->listener_count; l++) {
        *out = pinned_listener(service, &service->listeners[l], tool);
        if (pinned_to_authority(out))
            return true;
    }
    return false;
}

char *authority_entry(const char *service) {
    struct buffer name = {0};
    buffer_printf(&name, "authority-%s", service);
    return buffer_take(&name);
}

bool pinned_entry(const struct pinned *pinned, const char *service, char **out) {
    if (pinned_to_authority(pinned))
        *out = authority_entry(service);
    else
        *out = pinned->certificate ? strdup(pinned->certificate) : NULL;
    return *out || !pinned->certificate;
}

/* ---- warnings ---- */

static void check_pin(const struct pinned *pinned, const char *service, const struct cert_set *set,
                      conf_report *report, void *context) {
    char text[512];
    if (!pinned->certificate || pinned_to_authority(pinned) ||
        cert_set_entry(set, pinned->certificate))
        return;
    snprintf(text, sizeof text,
             "service %s: the certificate \"%s\"%s is not in the store, or not usable: until it "
             "is, one is chosen by name (mailstorectl list shows what there is)",
             service, pinned->certificate,
             pinned->by == PINNED_BY_TOOL ? ", pinned by mailstorectl select," : "");
    const struct conf_mistake mistake = {
        .file = pinned->file, .line = pinned->line, .text = text, .warning = true};
    report(context, &mistake);
}

static void check_service(const struct conf_service *service, const struct pin_list *tool,
                          const struct cert_set *set, conf_report *report, void *context) {
    bool any = false; /* listener that has no pin of its own */
    for (size_t l = 0; l < service->listener_count; l++) {
        const struct conf_listener *listener = &service->listeners[l];
        const struct pinned pinned = pinned_listener(service, listener, tool);
        if (listener->certificate)
            check_pin(&pinned, service->name, set, report, context);
        any = any || (pinned.certificate && !listener->certificate);
    }
    const struct pinned pinned = pinned_service(service, tool);
    if (any)
        check_pin(&pinned, service->name, set, report, context);
}

void pins_check(const struct conf *conf, const struct pin_list *tool, const struct cert_set *set,
                conf_report *report, void *context) {
    for (size_t s = 0; s < conf->service_count; s++)
        if (conf->services[s].enabled)
            check_service(&conf->services[s], tool, set, report, context);
}

static void check_authority(const struct conf *conf, const struct pin_list *tool,
                            conf_report *report, void *context) {
    struct file_identity identity;
    char *path = authority_file_path(conf->state_folder);
    if (!path || file_identify(path, &identity, NULL))
        goto done;
    for (size_t s = 0; s < conf->service_count; s++) {
        struct pinned pinned;
        char text[512];
        if (!service_wants_authority(&conf->services[s], tool, &pinned))
            continue;
        snprintf(text, sizeof text,
                 "service %s: there is no local authority yet that could issue its certificate: "
                 "until there is, one is chosen by name (mailstorectl authority create makes it)",
                 conf->services[s].name);
        const struct conf_mistake mistake = {
            .file = pinned.file, .line = pinned.line, .text = text, .warning = true};
        report(context, &mistake);
    }
done:
    free(path);
}

static void pass_over(void *context, const struct cert_store_event *event) {
    (void)context;
    (void)event;
}

void pins_check_store(const struct conf *conf, conf_report *report, void *context) {
    const struct cert_store_options options = {conf->store_folder, conf->accept_public_keys};
    struct cert_store *store = NULL;
    struct pin_list tool = {0};
    struct error err;
    int64_t again_in_ms;
    if (!pin_file_read(conf->state_folder, &tool, &err)) {
        const struct conf_mistake mistake = {.text = err.text, .warning = true};
        report(context, &mistake);
    }
    check_authority(conf, &tool, report, context);
    if (cert_store_create(&options, &store, NULL)) {
        cert_store_scan_at(store, time_now_ns(), pass_over, NULL, &again_in_ms);
        pins_check(conf, &tool, cert_store_set(store), report, context);
        cert_store_destroy(store);
    }
    pin_list_finish(&tool);
}
