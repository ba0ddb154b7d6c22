#include "conf/conf_check.h"

#include "base/blob.h"
#include "conf/conf_defaults.h"
#include "conf/conf_words.h"
#include "platform/file.h"
#include "platform/socket.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct conf_origin whole_file(const struct conf *conf) {
    return conf->file ? (struct conf_origin){conf->file, 0} : CONF_BUILT_IN;
}

static struct conf_origin service_origin(const struct conf_reading *reading,
                                         const struct conf_service *service) {
    return conf_place_of(reading, service, whole_file(reading->conf));
}

static struct conf_origin listener_origin(const struct conf_listener *listener) {
    return (struct conf_origin){listener->file, listener->line};
}

/* ---- folders ---- */

static bool check_state_folder(struct conf_reading *reading, struct conf_origin origin) {
    struct error err = {0};
    if (folder_writable(reading->conf->state_folder, &err))
        return true;
    conf_mistake(&reading->mistakes, origin,
                 "the state folder cannot be written: %s; allowed: a folder that this user can "
                 "write or make (state_folder, --state)",
                 err.text);
    return false;
}

/* A store that cannot be written is of use all the same: Kubernetes mounts its Secrets so. */
static void check_store_folder(struct conf_reading *reading, struct conf_origin origin) {
    struct error err = {0};
    struct file_identity identity;
    const char *folder = reading->conf->store_folder;
    if (folder_writable(folder, &err))
        return;
    if (file_identify(folder, &identity, NULL) && identity.is_folder)
        conf_warning(&reading->mistakes, origin,
                     "the store cannot be written: %s; what is in it is served, but no "
                     "certificate can be made there",
                     err.text);
    else
        conf_mistake(&reading->mistakes, origin,
                     "the store folder does not exist and cannot be made: %s; allowed: a folder "
                     "that exists or that this user can make (store_folder)",
                     err.text);
}

static void check_control_socket(struct conf_reading *reading, struct conf_origin origin) {
    struct error err = {0};
    char *folder = strdup(reading->conf->control_socket);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    if (slash && !folder_writable(folder, &err))
        conf_mistake(&reading->mistakes, origin,
                     "the control socket's folder cannot be written: %s; allowed: a socket in a "
                     "folder that this user can write or make (control_socket)",
                     err.text);
    free(folder);
}

/* What follows the state folder is not told again when that is the cause. */
static void check_folders(struct conf_reading *reading, bool state_overridden) {
    const struct conf *conf = reading->conf;
    const struct conf_origin state =
        state_overridden ? CONF_FROM_COMMAND_LINE
                         : conf_place_of(reading, &conf->state_folder, whole_file(conf));
    bool state_ok = check_state_folder(reading, state);
    if (state_ok || conf_place_known(reading, &conf->store_folder))
        check_store_folder(reading, conf_place_of(reading, &conf->store_folder, state));
    if (conf_place_known(reading, &conf->control_socket))
        check_control_socket(reading, conf_place_of(reading, &conf->control_socket, state));
}

/* ---- services ---- */

static bool serves_https(const struct conf_service *service) {
    if (!service->enabled)
        return false;
    for (size_t i = 0; i < service->listener_count; i++)
        if (service->listeners[i].protocol == CONF_HTTPS)
            return true;
    return false;
}

static bool redirects(const struct conf_service *service) {
    if (!service->enabled)
        return false;
    for (size_t i = 0; i < service->listener_count; i++)
        if (service->listeners[i].protocol == CONF_REDIRECT)
            return true;
    return false;
}

static void check_redirect(struct conf_reading *reading, const struct conf_service *service) {
    const struct conf *conf = reading->conf;
    /* Every service has the default; it need lead nowhere where nothing is redirected. */
    bool is_default = service->redirect_to && strcmp(service->redirect_to, CONF_MAIN_SERVICE) == 0;
    if (!service->redirect_to || (is_default && !redirects(service)))
        return;
    const struct conf_service *target = conf_service_find(conf, service->redirect_to);
    if (target && (serves_https(target) || !redirects(service)))
        return;

    struct buffer allowed = {0};
    for (size_t i = 0; i < conf->service_count; i++)
        if (serves_https(&conf->services[i]))
            buffer_printf(&allowed, "%s\"%s\"", allowed.size > 0 ? ", " : "",
                          conf->services[i].name);
    conf_mistake(&reading->mistakes,
                 conf_place_of(reading, &service->redirect_to, service_origin(reading, service)),
                 "%s: redirect_to is \"%s\", which is %s; allowed: %s", service->name,
                 service->redirect_to,
                 target ? "no service with an enabled HTTPS listener" : "no service",
                 allowed.size > 0 && !allowed.failed
                     ? allowed.data
                     : "an enabled service with an HTTPS listener, of which there is none");
    buffer_finish(&allowed);
}

static bool is_authority(const char *certificate) {
    return certificate && strcmp(certificate, CONF_AUTHORITY) == 0;
}

/* Names are of the leaf that the local authority issues; any other certificate brings its own. */
static void check_certificate_names(struct conf_reading *reading,
                                    const struct conf_service *service) {
    bool wanted = is_authority(service->certificate);
    for (size_t i = 0; i < service->listener_count; i++)
        wanted = wanted || is_authority(service->listeners[i].certificate);
    if (service->certificate_names.count > 0 && !wanted)
        conf_mistake(
            &reading->mistakes,
            conf_place_of(reading, &service->certificate_names, service_origin(reading, service)),
            "%s has certificate_names, but no certificate of the local authority; "
            "allowed: beside certificate = \"" CONF_AUTHORITY "\"",
            service->name);
}

static void check_services(struct conf_reading *reading) {
    const struct conf *conf = reading->conf;
    bool any_enabled = false;
    for (size_t i = 0; i < conf->service_count; i++) {
        const struct conf_service *service = &conf->services[i];
        any_enabled = any_enabled || service->enabled;
        if (service->enabled && service->listener_count == 0 && !reading->services_broken)
            conf_mistake(&reading->mistakes, service_origin(reading, service),
                         "%s is enabled but has no listeners; allowed: listeners = ( { address = "
                         "\"*\"; port = 8462; } ), or enabled = false",
                         service->name);
        check_redirect(reading, service);
        check_certificate_names(reading, service);
    }
    if (!any_enabled && !reading->services_broken)
        conf_mistake(&reading->mistakes, conf_place_of(reading, &conf->services, whole_file(conf)),
                     "no service is enabled: nothing would be served; allowed: at least one "
                     "service without enabled = false");
}

/* ---- addresses and ports ---- */

/* A listener of an enabled service, with its address in the one form that can be compared. */
struct endpoint {
    const struct conf_service *service;
    const struct conf_listener *listener;
    char host[SOCKET_TEXT_SIZE];
};

/* Does this address take connections to the other? The unspecified IPv6 address takes IPv4 too
 * where the system maps it, which is the usual case. */
static bool covers(const char *host, const char *other) {
    if (strcmp(host, "*") == 0 || strcmp(host, "::") == 0 || strcmp(host, other) == 0)
        return true;
    return strcmp(host, "0.0.0.0") == 0 && !strchr(other, ':');
}

static bool overlap(const struct endpoint *a, const struct endpoint *b) {
    if (a->listener->port != b->listener->port || a->listener->port == 0)
        return false;
    return covers(a->host, b->host) || covers(b->host, a->host);
}

static void tell_overlap(struct conf_reading *reading, const struct endpoint *first,
                         const struct endpoint *second) {
    char line[24] = "";
    if (first->listener->line > 0)
        snprintf(line, sizeof line, ":%u", first->listener->line);
    conf_mistake(&reading->mistakes, listener_origin(second->listener),
                 "%s: address %s, port %" PRIu16 " overlaps address %s, port %" PRIu16
                 " of %s (%s%s); allowed: each address and port once",
                 second->service->name, second->listener->address, second->listener->port,
                 first->listener->address, first->listener->port, first->service->name,
                 first->listener->file, line);
}

static bool make_endpoint(const struct conf_service *service, const struct conf_listener *listener,
                          struct endpoint *out) {
    struct socket_address address;
    *out = (struct endpoint){service, listener, "*"};
    /* Told already; or bound by the service manager, which lends several under one name. */
    if (!listener->address || conf_is_handed_over(listener->address))
        return false;
    if (strcmp(listener->address, "*") != 0 &&
        socket_address_parse(listener->address, listener->port, &address))
        socket_address_host((const struct sockaddr *)&address.storage, out->host);
    return true;
}

static void check_endpoints(struct conf_reading *reading) {
    const struct conf *conf = reading->conf;
    size_t count = 0, limit = 0;
    for (size_t i = 0; i < conf->service_count; i++)
        limit += conf->services[i].listener_count;
    struct endpoint *endpoints = calloc(limit + 1, sizeof *endpoints);
    if (!endpoints) {
        conf_out_of_memory(&reading->mistakes);
        return;
    }
    for (size_t i = 0; i < conf->service_count; i++) {
        const struct conf_service *service = &conf->services[i];
        for (size_t j = 0; service->enabled && j < service->listener_count; j++)
            if (make_endpoint(service, &service->listeners[j], &endpoints[count]))
                count++;
    }
    for (size_t second = 1; second < count; second++)
        for (size_t first = 0; first < second; first++)
            if (overlap(&endpoints[first], &endpoints[second])) {
                tell_overlap(reading, &endpoints[first], &endpoints[second]);
                break; /* one mistake for each listener is enough */
            }
    free(endpoints);
}

void conf_check(struct conf_reading *reading, const struct conf_overrides *overrides) {
    const struct conf *conf = reading->conf;
    if (!overrides->reading)
        check_folders(reading, overrides->state_folder != NULL);
    if (conf->limits.request_line_bytes > conf->limits.header_bytes)
        conf_mistake(
            &reading->mistakes,
            conf_place_of(reading, &conf->limits.request_line_bytes,
                          conf_place_of(reading, &conf->limits.header_bytes, whole_file(conf))),
            "limits.request_line_bytes is %" PRId64
            ", but limits.header_bytes, which counts it too, is %" PRId64 "; allowed: at most that",
            conf->limits.request_line_bytes, conf->limits.header_bytes);
    check_services(reading);
    check_endpoints(reading);
}
