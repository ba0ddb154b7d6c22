/* Which servers are asked: those that were named, or the daemon's own. */
#include "ctl/answer.h"
#include "ctl/check.h"
#include "ctl/inventory.h"
#include "ctl/place.h"
#include "control/control.h"
#include "platform/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_TIMEOUT_MS = 5000 };

void check_targets_finish(struct check_targets *targets) {
    for (size_t i = 0; i < targets->count; i++) {
        free(targets->items[i].text);
        free(targets->items[i].connect);
    }
    free(targets->items);
    *targets = (struct check_targets){0};
}

static bool out_of_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

static bool is_there(const struct check_targets *targets, const char *host, const char *connect,
                     uint16_t port) {
    for (size_t i = 0; i < targets->count; i++)
        if (strcmp(targets->items[i].host, host) == 0 && targets->items[i].port == port &&
            strcmp(targets->items[i].connect, connect) == 0)
            return true;
    return false;
}

static bool add(struct check_targets *targets, const char *text, const char *host,
                const char *connect, uint16_t port, bool is_own, struct error *err) {
    if (is_there(targets, host, connect, port))
        return true;
    struct check_target *items = realloc(targets->items, (targets->count + 1) * sizeof *items);
    if (!items)
        return out_of_memory(err);
    targets->items = items;
    struct check_target one = {
        .text = strdup(text), .connect = strdup(connect), .port = port, .is_own = is_own};
    if (!one.text || !one.connect) {
        free(one.text);
        free(one.connect);
        return out_of_memory(err);
    }
    snprintf(one.host, sizeof one.host, "%s", host);
    items[targets->count++] = one;
    return true;
}

/* ---- named ones ---- */

static bool read_port(const char *text, uint16_t *out) {
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || port == 0 || port > 65535)
        return false;
    *out = (uint16_t)port;
    return true;
}

/* "host", "host:8462", "192.0.2.1:8462", "[2001:db8::1]:8462", "2001:db8::1". The host is cut out
 * of `text`. */
static bool split(char *text, uint16_t *port) {
    char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    bool is_bare = colon && !bracket && strchr(text, ':') != colon;
    *port = CHECK_PORT;
    if (!colon || is_bare || (bracket && bracket > colon))
        return true;
    *colon = '\0';
    return read_port(colon + 1, port);
}

/* A pattern is no host, and an underscore may stand in one, though not in a new certificate. */
static bool read_host(const char *text, char out[static NAME_SIZE], struct error *err) {
    if (strstr(text, "://")) {
        error_set(err, ERROR_INPUT, "%s: give the host alone, without %.*s://", text,
                  (int)strcspn(text, ":"), text);
        return false;
    }
    if (strchr(text, ':') && strchr(text, '%')) {
        error_set(err, ERROR_INPUT,
                  "%s: no certificate knows a zone: give the address without what begins with %%, "
                  "and with it as --connect ADDRESS",
                  text);
        return false;
    }
    if (address_normalise(text, out) || name_normalise(text, false, out))
        return true;
    if (!name_from_person(text, out, err))
        return false;
    if (out[0] != '*')
        return true;
    error_set(err, ERROR_INPUT, "%s: no client asks for a pattern: give a name", text);
    return false;
}

static bool add_named(const struct ctl *ctl, const char *text, struct check_targets *targets,
                      struct error *err) {
    const char *as = ctl_value(ctl, "--as"), *connect = ctl_value(ctl, "--connect");
    char given[NAME_SIZE], host[NAME_SIZE];
    char *copy = strdup(text);
    uint16_t port = 0;
    bool ok = copy || out_of_memory(err);
    if (ok && !strstr(text, "://") && !split(copy, &port)) {
        error_set(err, ERROR_INPUT, "\"%s\": behind the colon stands no port", text);
        ok = false;
    }
    ok = ok && read_host(copy, given, err) && read_host(as ? as : copy, host, err) &&
         add(targets, text, host, connect ? connect : given, port, false, err);
    free(copy);
    return ok;
}

/* ---- the daemon's own ---- */

static bool add_own_name(const char *name, const json_t *listener, struct check_targets *targets,
                         struct error *err) {
    char host[NAME_SIZE], text[NAME_SIZE + 8];
    uint16_t port = (uint16_t)answer_integer(listener, "port");
    const char *reach = answer_text(listener, "reach");
    if (!name_normalise(name, false, host) || !reach)
        return true;
    snprintf(text, sizeof text, "%s:%u", host, (unsigned)port);
    return add(targets, text, host, reach, port, true, err);
}

/* Names that stand in what a listener serves; those of the host, where there are none. */
static bool add_listener(const struct place *place, const json_t *listener, int64_t now,
                         const struct string_list *hosts, struct check_targets *targets,
                         struct error *err) {
    const char *entry = answer_text(listener, "serves");
    json_t *shown = NULL;
    size_t before = targets->count;
    bool ok = true;
    if (entry && inventory_get(place, entry, now, &shown, NULL)) {
        const json_t *names = json_object_get(json_object_get(shown, "entry"), "dns_names");
        for (size_t i = 0; ok && i < json_array_size(names); i++)
            ok = add_own_name(json_string_value(json_array_get(names, i)), listener, targets, err);
    }
    json_decref(shown);
    for (size_t at = 0; ok && targets->count == before && at < hosts->count; at++)
        ok = add_own_name(hosts->items[at], listener, targets, err);
    return ok;
}

static bool add_listeners(const struct place *place, const json_t *status, int64_t now,
                          struct check_targets *targets, struct error *err) {
    struct string_list hosts = {0};
    json_t *service = NULL, *listener = NULL;
    size_t i = 0, j = 0;
    bool ok = host_names(&hosts, err);
    json_array_foreach(json_object_get(status, "services"), i, service) {
        json_array_foreach(json_object_get(service, "listeners"), j, listener) {
            const char *protocol = answer_text(listener, "protocol");
            if (ok && protocol && strcmp(protocol, "https") == 0)
                ok = add_listener(place, listener, now, &hosts, targets, err);
        }
    }
    string_list_finish(&hosts);
    if (ok && targets->count == 0) {
        error_set(err, ERROR_INPUT, "the daemon has no HTTPS listener: name a server to check");
        ok = false;
    }
    return ok;
}

static enum ctl_exit find_own(const struct ctl *ctl, struct check_targets *targets) {
    struct place place = {0};
    struct error err = {0};
    json_t *status = NULL;
    enum ctl_exit exit = place_find(ctl, &place);
    if (exit != CTL_FINE)
        return exit;
    if (!place.socket) {
        exit = ctl_misuse("check asks a daemon for its names, and --store knows none: name a "
                          "server, as HOST:PORT");
    } else if (!control_ask(place.socket, "status", NULL, STATUS_TIMEOUT_MS, &status, &err)) {
        exit = ctl_fail(&err);
    } else if (!add_listeners(&place, status, ctl->now, targets, &err)) {
        exit = ctl_fail_given(&err);
    }
    json_decref(status);
    place_finish(&place);
    return exit;
}

enum ctl_exit check_targets_find(const struct ctl *ctl, struct check_targets *out) {
    struct check_targets targets = {0};
    struct error err = {0};
    enum ctl_exit exit = CTL_FINE;
    if (ctl->argument_count == 0) {
        if (ctl_has(ctl, "--as") || ctl_has(ctl, "--connect"))
            return ctl_misuse("--as and --connect go with a server that is named");
        exit = find_own(ctl, &targets);
    }
    for (size_t i = 0; exit == CTL_FINE && i < ctl->argument_count; i++)
        if (!add_named(ctl, ctl->arguments[i], &targets, &err))
            exit = err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
    if (exit == CTL_FINE)
        *out = targets;
    else
        check_targets_finish(&targets);
    return exit;
}
