#include "daemon/pins.h"

#include "base/time_text.h"
#include "certs/cert_store.h"

#include <stdio.h>
#include <string.h>

static void check_listener(const struct conf_service *service, const struct conf_listener *listener,
                           const struct cert_set *set, conf_report *report, void *context) {
    const char *pin = listener->certificate ? listener->certificate : service->certificate;
    if (listener->protocol != CONF_HTTPS || !pin || cert_set_entry(set, pin))
        return;
    char text[512];
    snprintf(text, sizeof text,
             "service %s: the certificate \"%s\" is not in the store, or not usable: until it is, "
             "one is chosen by name (mailstorectl list shows what there is)",
             service->name, pin);
    const struct conf_mistake mistake = {
        .file = listener->file, .line = listener->line, .text = text, .warning = true};
    report(context, &mistake);
}

void pins_check(const struct conf *conf, const struct cert_set *set, conf_report *report,
                void *context) {
    for (size_t s = 0; s < conf->service_count; s++) {
        const struct conf_service *service = &conf->services[s];
        for (size_t l = 0; service->enabled && l < service->listener_count; l++)
            check_listener(service, &service->listeners[l], set, report, context);
    }
}

static void pass_over(void *context, const struct cert_store_event *event) {
    (void)context;
    (void)event;
}

void pins_check_store(const struct conf *conf, conf_report *report, void *context) {
    const struct cert_store_options options = {conf->store_folder, conf->accept_public_keys};
    struct cert_store *store = NULL;
    int64_t again_in_ms;
    if (!cert_store_create(&options, &store, NULL))
        return;
    cert_store_scan_at(store, time_now_ns(), pass_over, NULL, &again_in_ms);
    pins_check(conf, cert_store_set(store), report, context);
    cert_store_destroy(store);
}
