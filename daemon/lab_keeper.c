#include "daemon/lab_keeper.h"

#include "base/log.h"
#include "lab/lab.h"

#include <stdlib.h>
#include <string.h>

struct lab_keeper {
    struct lab *lab; /* NULL: off */
    char *domain, *address;
    uint16_t port;
};

bool lab_keeper_create(struct lab_keeper **out, struct error *err) {
    *out = calloc(1, sizeof **out);
    if (!*out)
        error_set(err, ERROR_MEMORY, "laboratory: out of memory");
    return *out != NULL;
}

static void end(struct lab_keeper *keeper) {
    lab_destroy(keeper->lab);
    free(keeper->domain);
    free(keeper->address);
    *keeper = (struct lab_keeper){0};
}

void lab_keeper_destroy(struct lab_keeper *keeper) {
    if (keeper)
        end(keeper);
    free(keeper);
}

static bool is_same(const struct lab_keeper *keeper, const struct conf *conf) {
    return keeper->lab && strcmp(keeper->domain, conf->lab.domain) == 0 &&
           strcmp(keeper->address, conf->lab.address) == 0 && keeper->port == conf->lab.port;
}

/* For people: where to look. */
static void announce(struct lab *lab) {
    json_t *described = lab_describe(lab, LAB_DEFAULT_RUN, NULL);
    const char *page = json_string_value(json_object_get(described, "page"));
    if (page)
        log_notice("laboratory", "%zu scenarios; open %s",
                   json_array_size(json_object_get(described, "scenarios")), page);
    json_decref(described);
}

static bool begin(struct lab_keeper *keeper, const struct conf *conf, struct error *err) {
    const struct lab_settings settings = {.domain = conf->lab.domain, .address = conf->lab.address};
    keeper->domain = strdup(conf->lab.domain);
    keeper->address = strdup(conf->lab.address);
    keeper->port = conf->lab.port;
    if (!keeper->domain || !keeper->address) {
        error_set(err, ERROR_MEMORY, "laboratory: out of memory");
        return false;
    }
    if (!lab_create(&settings, &keeper->lab, err) ||
        !lab_start(keeper->lab, LAB_DEFAULT_RUN, conf->lab.port, err))
        return false;
    announce(keeper->lab);
    return true;
}

bool lab_keeper_configure(struct lab_keeper *keeper, const struct conf *conf, struct error *err) {
    if (conf->lab.enabled && is_same(keeper, conf))
        return true;
    if (keeper->lab)
        log_notice("laboratory", "ended, with all of its runs");
    end(keeper);
    if (!conf->lab.enabled || begin(keeper, conf, err))
        return true;
    end(keeper);
    return false;
}

void lab_keeper_announce(const struct lab_keeper *keeper, struct buffer *out) {
    uint16_t port = 0;
    if (keeper->lab && lab_page_port(keeper->lab, LAB_DEFAULT_RUN, &port, NULL))
        buffer_printf(out, "lab http %s %u\n", keeper->address, (unsigned)port);
}

struct lab *lab_keeper_lab(const struct lab_keeper *keeper) {
    return keeper->lab;
}
