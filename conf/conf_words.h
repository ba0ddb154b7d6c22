/* What a text of the configuration may be: addresses, host names, names of entries and services.
 * Queries on the text alone; nothing here asks the machine. */
#pragma once

#include "platform/socket.h"

#include <stdbool.h>
#include <stdint.h>

#define CONF_ENTRY_NAMES                                                                         \
    "the name of an entry of the store: no path, no leading dot, no name the store passes over " \
    "(~, .tmp, .swp, .bak at its end)"
#define CONF_CERTIFICATE_NAMES                                                                \
    "a DNS name (international names in their xn-- form), also with a leading \"*.\", or an " \
    "IP address"
#define CONF_KEY_CHOICES "ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072 or rsa-4096"

#define CONF_METRICS_ADDRESSES                                                             \
    "\"127.0.0.1:PORT\", \"[::1]:PORT\" (port 0: any free one) or \"unix:/PATH\" without " \
    "blanks; no address that other hosts reach, since everyone who reaches it may read it"

#define CONF_LAB_DOMAINS \
    "a DNS name in lower case of at most 36 characters, such as \"lab.localhost\""
#define CONF_LAB_ADDRESSES "an IPv4 or IPv6 address without brackets"

#define CONF_HANDED_OVER "systemd:"

bool conf_is_address(const char *text); /* an IP literal, "*", "systemd:NAME" */
bool conf_is_handed_over(const char *address);
bool conf_is_host(const char *text);             /* a DNS name or an IP literal */
bool conf_is_certificate_name(const char *text); /* the same, or a wildcard name */
bool conf_is_entry_name(const char *text);
bool conf_is_lab_domain(const char *text);  /* a DNS name in lower case with room before it */
bool conf_is_lab_address(const char *text); /* an IP literal without a zone */
bool conf_is_key_choice(const char *text);
bool conf_is_service_name(const char *text); /* a letter, then letters, digits, "_" and "-" */

bool conf_parse_port(const char *text, uint16_t *out); /* decimal, 0 to 65535 */

/* Where the metrics are told: on a loopback address, or a local socket. */
struct metrics_address {
    const char *path;            /* of the socket, borrowed from the text; NULL: none */
    char host[SOCKET_TEXT_SIZE]; /* canonical */
    uint16_t port;
};
bool conf_metrics_parse(const char *text, struct metrics_address *out);
bool conf_is_metrics_address(const char *text);
