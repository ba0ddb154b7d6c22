#include "conf/conf_defaults.h"

#include "conf/conf_mistake.h"
#include "conf/conf_table.h"
#include "platform/file.h"
#include "platform/host.h"
#include "platform/socket.h"

#include <stdlib.h>
#include <string.h>

/* The ports of the server we stand in for; what is only a placeholder yet is off. */
static const struct default_service {
    const char *name;
    enum conf_protocol protocol;
    uint16_t port;
    bool enabled;
} default_services[] = {
    {CONF_MAIN_SERVICE, CONF_HTTPS, 8462, true},
    {"web-access-http", CONF_REDIRECT, 8461, false},
    {"client", CONF_HTTPS, 8460, false},
    {"administration", CONF_HTTPS, 8463, false},
};
enum { DEFAULT_SERVICES = sizeof default_services / sizeof *default_services };

struct conf_listener *conf_add_listener(struct conf_service *service) {
    struct conf_listener *listeners =
        realloc(service->listeners, (service->listener_count + 1) * sizeof *listeners);
    if (!listeners)
        return NULL;
    service->listeners = listeners;
    struct conf_listener *listener = &listeners[service->listener_count];
    *listener = (struct conf_listener){.file = CONF_BUILT_IN.file};
    if (!conf_set_defaults(conf_listener_settings, listener)) {
        conf_free_members(conf_listener_settings, listener);
        return NULL;
    }
    service->listener_count++;
    return listener;
}

void conf_remove_listeners(struct conf_service *service) {
    for (size_t i = 0; i < service->listener_count; i++)
        conf_free_members(conf_listener_settings, &service->listeners[i]);
    free(service->listeners);
    service->listeners = NULL;
    service->listener_count = 0;
}

static bool add_default_listener(struct conf_service *service, const struct default_service *by,
                                 const char *address) {
    struct conf_listener *listener = conf_add_listener(service);
    if (!listener)
        return false;
    listener->port = by->port;
    listener->protocol = by->protocol;
    free(listener->address);
    listener->address = strdup(address);
    return listener->address;
}

static bool has_ipv6(void) {
    int descriptor;
    if (!socket_listen("::1", 0, &descriptor, NULL))
        return false;
    socket_close(descriptor);
    return true;
}

/* Somebody who tries the program out has not decided yet to show it to the network. */
static bool add_default_listeners(struct conf_service *service, const struct default_service *by) {
    if (host_is_root())
        return add_default_listener(service, by, "*");
    return add_default_listener(service, by, "127.0.0.1") &&
           (!has_ipv6() || add_default_listener(service, by, "::1"));
}

bool conf_default_listeners(struct conf_service *service, const char *name) {
    for (size_t i = 0; i < DEFAULT_SERVICES; i++)
        if (strcmp(default_services[i].name, name) == 0)
            return add_default_listeners(service, &default_services[i]);
    return true;
}

bool conf_default_services(struct conf *conf) {
    conf->services = calloc(DEFAULT_SERVICES, sizeof *conf->services);
    if (!conf->services)
        return false;
    for (size_t i = 0; i < DEFAULT_SERVICES; i++) {
        struct conf_service *service = &conf->services[conf->service_count++];
        if (!conf_set_defaults(conf_service_settings, service) ||
            !(service->name = strdup(default_services[i].name)) ||
            !add_default_listeners(service, &default_services[i]))
            return false;
        service->enabled = default_services[i].enabled;
    }
    return true;
}

bool conf_default_folders(struct conf *conf) {
    if (!conf->state_folder && !(conf->state_folder = host_state_folder()))
        return false;
    if (!conf->store_folder && !(conf->store_folder = path_join(conf->state_folder, "certs")))
        return false;
    return conf->control_socket ||
           (conf->control_socket = path_join(conf->state_folder, "control"));
}
