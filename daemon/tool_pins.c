#include "daemon/tool_pins.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct tool_pins {
    char *state_folder;
    struct pin_list list;
    struct error said; /* about a file that cannot be read; of kind ERROR_NONE if it can */
};

bool tool_pins_create(const char *state_folder, struct tool_pins **out, struct error *err) {
    struct tool_pins *pins = calloc(1, sizeof *pins);
    if (!pins || !(pins->state_folder = strdup(state_folder))) {
        free(pins);
        error_set(err, ERROR_MEMORY, "pins: out of memory");
        return false;
    }
    tool_pins_look(pins);
    *out = pins;
    return true;
}

void tool_pins_destroy(struct tool_pins *pins) {
    if (!pins)
        return;
    pin_list_finish(&pins->list);
    free(pins->state_folder);
    free(pins);
}

static void log_changes(const struct pin_list *before, const struct pin_list *now) {
    for (size_t i = 0; i < now->count; i++) {
        const char *was = pin_list_find(before, now->items[i].service);
        if (!was || strcmp(was, now->items[i].entry) != 0)
            log_notice("pins", "%s: mailstorectl pins it to %s", now->items[i].service,
                       now->items[i].entry);
    }
    for (size_t i = 0; i < before->count; i++)
        if (!pin_list_find(now, before->items[i].service))
            log_notice("pins", "%s: mailstorectl pins it no longer", before->items[i].service);
}

static void say_broken(struct tool_pins *pins, const struct error *why) {
    if (strcmp(why->text, pins->said.text) != 0)
        log_warning("pins", "%s; what mailstorectl has pinned stays as it was", why->text);
    pins->said = *why;
}

bool tool_pins_look(struct tool_pins *pins) {
    struct pin_list list = {0};
    struct error err = {0};
    if (!pin_file_read(pins->state_folder, &list, &err)) {
        say_broken(pins, &err);
        return false;
    }
    pins->said = (struct error){0};
    bool changed = !pin_list_equal(&pins->list, &list);
    log_changes(&pins->list, &list);
    pin_list_finish(&pins->list);
    pins->list = list;
    return changed;
}

const struct pin_list *tool_pins_list(const struct tool_pins *pins) {
    return &pins->list;
}
