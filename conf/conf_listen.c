#include "conf/conf_listen.h"

#include "conf/conf_defaults.h"
#include "conf/conf_words.h"

#include <stdlib.h>
#include <string.h>

#define LISTEN_FORM                                                                        \
    "allowed: SERVICE=ADDRESS:PORT, where ADDRESS is an IPv4 address, an IPv6 address in " \
    "brackets or \"*\", and PORT is 0 to 65535"

static struct conf_service *find_service(struct conf *conf, const char *text, size_t length) {
    for (size_t i = 0; i < conf->service_count; i++) {
        const char *name = conf->services[i].name;
        if (name && strlen(name) == length && strncmp(name, text, length) == 0)
            return &conf->services[i];
    }
    return NULL;
}

static void tell_unknown_service(const struct conf *conf, const char *listen, size_t length,
                                 struct conf_mistakes *mistakes) {
    char *name = strndup(listen, length);
    const char **names = calloc(conf->service_count + 1, sizeof *names);
    if (name && names) {
        for (size_t i = 0; i < conf->service_count; i++)
            names[i] = conf->services[i].name;
        const char *nearest = nearest_word(name, names);
        if (!nearest)
            nearest = names[0];
        conf_mistake(mistakes, CONF_FROM_COMMAND_LINE,
                     "--listen %s: there is no service \"%s\"%s%s%s", listen, name,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
    } else {
        conf_out_of_memory(mistakes);
    }
    free(names);
    free(name);
}

/* "[::1]:8462", "127.0.0.1:0", "*:8462". Gives the address, newly allocated, without brackets;
 * NULL if it is none or memory ran out. */
static char *parse_endpoint(const char *text, uint16_t *port) {
    const char *colon = strrchr(text, ':');
    if (!colon || !conf_parse_port(colon + 1, port))
        return NULL;
    bool in_brackets = *text == '[' && colon > text + 1 && colon[-1] == ']';
    char *address = in_brackets ? strndup(text + 1, (size_t)(colon - text) - 2)
                                : strndup(text, (size_t)(colon - text));
    /* Without brackets it cannot be told where an IPv6 address ends. */
    if (address && conf_is_address(address) && !conf_is_handed_over(address) &&
        in_brackets == (strchr(address, ':') != NULL))
        return address;
    free(address);
    return NULL;
}

/* Takes `address`. */
static bool add_listener(struct conf_service *service, bool replace, char *address, uint16_t port) {
    bool ok = false;
    enum conf_protocol protocol = CONF_HTTPS;
    char *certificate = NULL;
    if (service->listener_count > 0) {
        const struct conf_listener *first = &service->listeners[0];
        protocol = first->protocol;
        if (first->certificate && !(certificate = strdup(first->certificate)))
            goto done;
    }
    if (replace)
        conf_remove_listeners(service);
    struct conf_listener *listener = conf_add_listener(service);
    if (!listener)
        goto done;
    free(listener->address);
    listener->address = address;
    listener->port = port;
    listener->protocol = protocol;
    listener->certificate = certificate;
    listener->file = CONF_FROM_COMMAND_LINE.file;
    service->enabled = true;
    address = NULL;
    certificate = NULL;
    ok = true;
done:
    free(certificate);
    free(address);
    return ok;
}

void conf_listen(struct conf *conf, const char *const *listen, size_t count,
                 struct conf_mistakes *mistakes) {
    bool *named = calloc(conf->service_count + 1, sizeof *named);
    if (!named) {
        conf_out_of_memory(mistakes);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t port = 0;
        const char *equals = strchr(listen[i], '=');
        char *address = equals ? parse_endpoint(equals + 1, &port) : NULL;
        if (!address) {
            conf_mistake(mistakes, CONF_FROM_COMMAND_LINE, "--listen %s; " LISTEN_FORM, listen[i]);
            continue;
        }
        struct conf_service *service = find_service(conf, listen[i], (size_t)(equals - listen[i]));
        if (!service) {
            tell_unknown_service(conf, listen[i], (size_t)(equals - listen[i]), mistakes);
            free(address);
            continue;
        }
        bool *again = &named[service - conf->services];
        if (!add_listener(service, !*again, address, port))
            conf_out_of_memory(mistakes);
        else
            *again = true;
    }
    free(named);
}
