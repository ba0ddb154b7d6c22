#include "daemon/handed_sockets.h"

#include "platform/service.h"
#include "platform/socket.h"

#include <stdlib.h>
#include <string.h>

struct handed {
    int descriptor; /* stays open while the program runs: the service manager gives it but once */
    char *name;
    bool used;
};

struct handed_sockets {
    struct handed *items;
    size_t count;
};

static bool take(void *context, int descriptor, const char *name) {
    struct handed_sockets *sockets = context;
    struct handed *items = realloc(sockets->items, (sockets->count + 1) * sizeof *items);
    if (!items)
        return false;
    sockets->items = items;
    char *copy = strdup(name);
    if (!copy)
        return false;
    struct handed *item = &items[sockets->count++];
    item->descriptor = descriptor;
    item->name = copy;
    item->used = false;
    socket_send_at_once(descriptor);
    return true;
}

bool handed_sockets_create(struct handed_sockets **out, struct error *err) {
    struct handed_sockets *sockets = calloc(1, sizeof *sockets);
    if (!sockets) {
        error_set(err, ERROR_MEMORY, "sockets handed over: out of memory");
        return false;
    }
    service_take_sockets(take, sockets);
    *out = sockets;
    return true;
}

void handed_sockets_destroy(struct handed_sockets *sockets) {
    if (!sockets)
        return;
    for (size_t i = 0; i < sockets->count; i++) {
        socket_close(sockets->items[i].descriptor);
        free(sockets->items[i].name);
    }
    free(sockets->items);
    free(sockets);
}

const char *handed_socket_name(const char *address) {
    static const char prefix[] = "systemd:";
    size_t size = sizeof prefix - 1;
    return strncmp(address, prefix, size) == 0 ? address + size : NULL;
}

bool handed_sockets_use(struct handed_sockets *sockets, const char *name, int *descriptor,
                        int *number, struct error *err) {
    for (size_t i = 0; i < sockets->count; i++) {
        struct handed *item = &sockets->items[i];
        if (item->used || strcmp(item->name, name) != 0)
            continue;
        if (!socket_share(item->descriptor, descriptor, err))
            return false;
        item->used = true;
        *number = (int)i;
        return true;
    }
    error_set(err, ERROR_MISSING,
              "the service manager handed over no (more) socket named \"%s\": set "
              "FileDescriptorName=%s in the .socket unit",
              name, name);
    return false;
}

void handed_sockets_give_back(struct handed_sockets *sockets, int number) {
    if (number >= 0)
        sockets->items[number].used = false;
}
