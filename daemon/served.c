#include "daemon/served.h"

#include "base/time_text.h"
#include "daemon/listener.h"

#include <string.h>

const char *served_reach(const struct listener *listener, char out[static SOCKET_TEXT_SIZE]) {
    socket_address_host((const struct sockaddr *)&listener_bound(listener)->storage, out);
    if (strcmp(out, "0.0.0.0") == 0 || strcmp(out, "::") == 0)
        return "127.0.0.1"; /* a wildcard of ours takes IPv4 too */
    return out;
}

const struct cert *served_certificate(const struct cert_set *set, const struct listener *listener,
                                      const char *server_name, enum cert_choice *choice) {
    char address[SOCKET_TEXT_SIZE];
    *choice = CERT_CHOICE_NONE;
    if (!listener_settings(listener)->tls)
        return NULL;
    const struct cert_wanted wanted = {
        .pin = listener_pinned_certificate(listener),
        .server_name = server_name,
        .address = served_reach(listener, address),
        .key_types = CERT_KEY_ANY,
        .now = time_now(),
    };
    return cert_set_choose(set, &wanted, choice);
}
