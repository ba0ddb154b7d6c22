#include "platform/socket.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_v4(const char *text, uint16_t port, struct socket_address *out) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, text, &v4.sin_addr) != 1)
        return false;
    *out = (struct socket_address){.size = sizeof v4};
    memcpy(&out->storage, &v4, sizeof v4);
    return true;
}

/* The name of an interface or its number (RFC 4007, 11.2); 0 if it is neither. */
static unsigned zone_number(const char *zone) {
    unsigned number = if_nametoindex(zone);
    if (number != 0 || zone[0] < '0' || zone[0] > '9')
        return number;
    char *end;
    unsigned long value = strtoul(zone, &end, 10);
    return *end == '\0' && value <= UINT32_MAX ? (unsigned)value : 0;
}

static bool parse_v6(const char *text, uint16_t port, struct socket_address *out) {
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    char host[INET6_ADDRSTRLEN];
    size_t size = strcspn(text, "%");
    if (size >= sizeof host)
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
        return false;
    if (text[size] == '%' && (v6.sin6_scope_id = zone_number(text + size + 1)) == 0)
        return false;
    *out = (struct socket_address){.size = sizeof v6};
    memcpy(&out->storage, &v6, sizeof v6);
    return true;
}

bool socket_address_parse(const char *text, uint16_t port, struct socket_address *out) {
    return parse_v4(text, port, out) || parse_v6(text, port, out);
}

const char *socket_address_host(const struct sockaddr *address, char out[static SOCKET_TEXT_SIZE]) {
    const char *text = NULL;
    if (address->sa_family == AF_INET) {
        const struct in_addr *v4 = &((const struct sockaddr_in *)address)->sin_addr;
        text = inet_ntop(AF_INET, v4, out, SOCKET_TEXT_SIZE);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        text = IN6_IS_ADDR_V4MAPPED(v6)
                   ? inet_ntop(AF_INET, v6->s6_addr + 12, out, SOCKET_TEXT_SIZE)
                   : inet_ntop(AF_INET6, v6, out, SOCKET_TEXT_SIZE);
    }
    if (!text)
        snprintf(out, SOCKET_TEXT_SIZE, "?");
    return out;
}

uint16_t socket_address_port(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (address->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    return 0;
}

const char *socket_address_text(const struct sockaddr *address, char out[static SOCKET_TEXT_SIZE]) {
    char host[SOCKET_TEXT_SIZE];
    socket_address_host(address, host);
    snprintf(out, SOCKET_TEXT_SIZE, strchr(host, ':') ? "[%.64s]:%u" : "%.64s:%u", host,
             (unsigned)socket_address_port(address));
    return out;
}

void socket_address_copy(const struct sockaddr *from, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (from->sa_family == AF_INET6)
        memcpy(out, from, sizeof(struct sockaddr_in6));
    else if (from->sa_family == AF_INET)
        memcpy(out, from, sizeof(struct sockaddr_in));
    else
        out->ss_family = from->sa_family;
}
