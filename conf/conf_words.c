#include "conf/conf_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DNS_NAME_LIMIT = 253, DNS_LABEL_LIMIT = 63 }; /* RFC 1035, 2.3.4 */
enum { LAB_DOMAIN_LIMIT = 36 };   /* a common name, with a scenario before it, has 64 (RFC 5280) */
enum { SOCKET_NAME_LIMIT = 255 }; /* systemd.socket(5), FileDescriptorName= */

bool conf_is_handed_over(const char *address) {
    return strncmp(address, CONF_HANDED_OVER, strlen(CONF_HANDED_OVER)) == 0;
}

/* sd_listen_fds_with_names(3): printable ASCII without ":". */
static bool is_socket_name(const char *text) {
    size_t length = strlen(text);
    for (const char *at = text; *at; at++)
        if (!isgraph((unsigned char)*at) || *at == ':')
            return false;
    return length > 0 && length <= SOCKET_NAME_LIMIT;
}

bool conf_is_address(const char *text) {
    struct socket_address address;
    if (strcmp(text, "*") == 0)
        return true;
    if (conf_is_handed_over(text))
        return is_socket_name(text + strlen(CONF_HANDED_OVER));
    return socket_address_parse(text, 0, &address);
}

static bool is_dns_name(const char *text) {
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '.')
        length--;
    if (length == 0 || length > DNS_NAME_LIMIT)
        return false;
    size_t label = 0;
    bool all_digits = true; /* of the last label: such a "name" is a mistyped address */
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '.') {
            if (label == 0 || text[i - 1] == '-')
                return false;
            label = 0;
            all_digits = true;
            continue;
        }
        bool inner_hyphen = c == '-' && label > 0;
        if (!(isalnum((unsigned char)c) || c == '_' || inner_hyphen) || ++label > DNS_LABEL_LIMIT)
            return false;
        all_digits = all_digits && isdigit((unsigned char)c);
    }
    return label > 0 && text[length - 1] != '-' && !all_digits;
}

static bool is_address_without_zone(const char *text) {
    struct socket_address address;
    return !strchr(text, '%') && socket_address_parse(text, 0, &address);
}

bool conf_is_host(const char *text) {
    return is_dns_name(text) || is_address_without_zone(text);
}

bool conf_is_lab_domain(const char *text) {
    size_t length = strlen(text);
    for (const char *at = text; *at; at++)
        if (isupper((unsigned char)*at))
            return false;
    return is_dns_name(text) && length <= LAB_DOMAIN_LIMIT && text[length - 1] != '.';
}

bool conf_is_lab_address(const char *text) {
    return is_address_without_zone(text);
}

bool conf_is_certificate_name(const char *text) {
    return conf_is_host(text) || (strncmp(text, "*.", 2) == 0 && is_dns_name(text + 2));
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

bool conf_is_entry_name(const char *text) {
    if (*text == '\0' || *text == '.' || strchr(text, '/'))
        return false;
    for (const char *at = text; *at; at++)
        if (iscntrl((unsigned char)*at))
            return false;
    return !ends_with(text, "~") && !ends_with(text, ".tmp") && !ends_with(text, ".swp") &&
           !ends_with(text, ".bak");
}

bool conf_parse_port(const char *text, uint16_t *out) {
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 5 || text[length] != '\0')
        return false;
    long port = strtol(text, NULL, 10);
    if (port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

bool conf_is_key_choice(const char *text) {
    static const char *const choices[] = {"ecdsa-p256", "ecdsa-p384", "rsa-2048",
                                          "rsa-3072",   "rsa-4096",   NULL};
    for (const char *const *choice = choices; *choice; choice++)
        if (strcmp(text, *choice) == 0)
            return true;
    return false;
}

bool conf_is_service_name(const char *text) {
    if (!isalpha((unsigned char)*text))
        return false;
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
            return false;
    return true;
}

/* It stands between blanks in the state folder's file "listening". */
static bool is_socket_path(const char *text) {
    for (const char *at = text; *at; at++)
        if (isspace((unsigned char)*at) || iscntrl((unsigned char)*at))
            return false;
    return text[0] == '/' && text[1] != '\0';
}

static bool is_loopback(const char *host) {
    return strcmp(host, "::1") == 0 || strncmp(host, "127.", 4) == 0;
}

static bool parse_endpoint(const char *text, struct metrics_address *out) {
    const char *colon = strrchr(text, ':');
    bool in_brackets = colon && *text == '[' && colon > text + 1 && colon[-1] == ']';
    const char *begin = in_brackets ? text + 1 : text;
    size_t size = colon ? (size_t)((in_brackets ? colon - 1 : colon) - begin) : 0;
    char host[SOCKET_TEXT_SIZE] = "";
    struct socket_address address;
    if (!colon || size >= sizeof host || !conf_parse_port(colon + 1, &out->port))
        return false;
    memcpy(host, begin, size);
    /* Without brackets it cannot be told where an IPv6 address ends. */
    if (in_brackets != (strchr(host, ':') != NULL) || !socket_address_parse(host, 0, &address))
        return false;
    socket_address_host((const struct sockaddr *)&address.storage, out->host);
    return is_loopback(out->host);
}

bool conf_metrics_parse(const char *text, struct metrics_address *out) {
    static const char scheme[] = "unix:";
    *out = (struct metrics_address){0};
    if (strncmp(text, scheme, strlen(scheme)) != 0)
        return parse_endpoint(text, out);
    out->path = text + strlen(scheme);
    return is_socket_path(out->path);
}

bool conf_is_metrics_address(const char *text) {
    struct metrics_address address;
    return conf_metrics_parse(text, &address);
}
