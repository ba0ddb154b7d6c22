#include "platform/socket.h"

#include <netinet/in.h>
#include <string.h>

void socket_address_copy(const struct sockaddr *from, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (from->sa_family == AF_INET6)
        memcpy(out, from, sizeof(struct sockaddr_in6));
    else if (from->sa_family == AF_INET)
        memcpy(out, from, sizeof(struct sockaddr_in));
    else
        out->ss_family = from->sa_family;
}
