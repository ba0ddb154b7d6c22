#include "ctl/uses.h"

#include "report/report.h"

#include <string.h>

enum ctl_exit uses_read(const struct ctl *ctl, const struct place *place, struct uses *out) {
    struct uses uses = {0};
    struct error err = {0};
    enum ctl_exit status = place_conf(ctl, &uses.conf);
    if (status != CTL_FINE)
        return status;
    if (uses.conf && !place_same_folder(uses.conf->store_folder, place->store_folder)) {
        conf_destroy(uses.conf);
        uses.conf = NULL;
    }
    if (uses.conf && !pin_file_read(place->state_folder, &uses.selected, &err)) {
        uses_finish(&uses);
        return ctl_fail(&err);
    }
    *out = uses;
    return CTL_FINE;
}

void uses_finish(struct uses *uses) {
    conf_destroy(uses->conf);
    pin_list_finish(&uses->selected);
    *uses = (struct uses){0};
}

/* `certificate` as the configuration has it for the service or one of its listeners. */
static bool is_entry(const char *certificate, const struct conf_service *service,
                     const char *entry) {
    static const char issued[] = "authority-"; /* what the daemon keeps as authority-SERVICE */
    if (!certificate || strcmp(certificate, CONF_AUTHORITY) != 0)
        return certificate && strcmp(certificate, entry) == 0;
    return strncmp(entry, issued, sizeof issued - 1) == 0 &&
           strcmp(entry + sizeof issued - 1, service->name) == 0;
}

static bool line_of_service(const struct conf_service *service, const char *entry,
                            struct use_line *out) {
    if (is_entry(service->certificate, service, entry)) {
        *out =
            (struct use_line){service->name, service->certificate_file, service->certificate_line};
        return true;
    }
    for (size_t i = 0; i < service->listener_count; i++) {
        const struct conf_listener *listener = &service->listeners[i];
        if (is_entry(listener->certificate, service, entry)) {
            *out = (struct use_line){service->name, listener->file, listener->line};
            return true;
        }
    }
    return false;
}

bool uses_line_of_entry(const struct uses *uses, const char *entry, struct use_line *out) {
    for (size_t i = 0; uses->conf && i < uses->conf->service_count; i++)
        if (line_of_service(&uses->conf->services[i], entry, out))
            return true;
    return false;
}

bool uses_select(const struct uses *uses, const char *entry) {
    for (size_t i = 0; i < uses->selected.count; i++)
        if (strcmp(uses->selected.items[i].entry, entry) == 0)
            return true;
    return false;
}

bool uses_move(const struct uses *uses, const struct place *place, const char *from, const char *to,
               json_t *services, struct error *err) {
    if (!uses_select(uses, from))
        return true; /* nor is there a state folder where --store stands alone */
    if (!pin_file_move(place->state_folder, from, to, err))
        return false;
    for (size_t i = 0; i < uses->selected.count; i++) {
        const struct pin *pin = &uses->selected.items[i];
        if (strcmp(pin->entry, from) == 0 &&
            json_array_append_new(services, report_text(pin->service)) != 0) {
            return error_no_memory(err);
        }
    }
    return true;
}
