#include "platform/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same(const struct socket_address *a, const struct addrinfo *b) {
    return a->size == b->ai_addrlen && memcmp(&a->storage, b->ai_addr, a->size) == 0;
}

static void add(const struct addrinfo *found, struct socket_address *list, size_t *count) {
    for (size_t i = 0; i < *count; i++)
        if (is_same(&list[i], found))
            return;
    struct socket_address *address = &list[(*count)++];
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
}

static bool refuse(const char *host, int code, struct error *err) {
    if (code == EAI_MEMORY)
        error_set(err, ERROR_MEMORY, "%s: out of memory", host);
    else if (code == EAI_SYSTEM)
        error_set_system(err, errno, "%s cannot be resolved", host);
    else if (code == EAI_AGAIN)
        error_set(err, ERROR_UNREACHABLE,
                  "%s cannot be resolved now: no name server answers, or none is configured", host);
    else
        error_set(err, ERROR_MISSING, "%s does not resolve to an address (%s)", host,
                  gai_strerror(code));
    return false;
}

bool resolve_host(const char *host, uint16_t port, struct socket_address **out, size_t *count,
                  struct error *err) {
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[8];
    size_t room = 0, taken = 0;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int code = getaddrinfo(host, service, &wanted, &found);
    if (code != 0)
        return refuse(host, code, err);
    for (const struct addrinfo *one = found; one; one = one->ai_next)
        room++;
    struct socket_address *list = calloc(room + 1, sizeof *list);
    for (const struct addrinfo *one = found; list && one; one = one->ai_next)
        if (one->ai_addrlen <= sizeof list->storage)
            add(one, list, &taken);
    freeaddrinfo(found);
    if (!list)
        return refuse(host, EAI_MEMORY, err);
    *out = list;
    *count = taken;
    return true;
}
