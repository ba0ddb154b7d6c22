#include "conf/conf_words.h"

#include "platform/socket.h"

#include <ctype.h>
#include <string.h>

enum { DNS_NAME_LIMIT = 253, DNS_LABEL_LIMIT = 63 }; /* RFC 1035, 2.3.4 */
enum { SOCKET_NAME_LIMIT = 255 };                    /* systemd.socket(5), FileDescriptorName= */

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
