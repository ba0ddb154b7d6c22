#include "daemon/announce.h"

#include "base/blob.h"
#include "base/log.h"
#include "daemon/endpoints.h"
#include "daemon/lab_keeper.h"
#include "daemon/metrics_listener.h"
#include "platform/file.h"

#include <string.h>

/* One line for each listener: service, protocol, address and port really bound. */
bool announce_in_file(const struct endpoints *endpoints, const struct metrics_listener *metrics,
                      const struct lab_keeper *lab, const char *path, struct error *err) {
    struct buffer text = {0};
    for (size_t i = 0; i < endpoints_count(endpoints); i++) {
        const struct listener *listener = endpoints_at(endpoints, i);
        const struct listener_settings *settings = listener_settings(listener);
        const struct sockaddr *bound = (const struct sockaddr *)&listener_bound(listener)->storage;
        char host[SOCKET_TEXT_SIZE];
        buffer_printf(&text, "%s %s %s %u\n", settings->service,
                      settings->tls ? "https" : "redirect", socket_address_host(bound, host),
                      (unsigned)socket_address_port(bound));
    }
    if (metrics)
        metrics_listener_announce(metrics, &text);
    lab_keeper_announce(lab, &text);
    bool ok = !text.failed &&
              file_write(path, text.data ? text.data : "", text.size, 0644, FILE_REPLACE, err);
    buffer_finish(&text);
    return ok;
}

static bool is_any_address(const char *host) {
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

void announce_listeners(const struct endpoints *endpoints, const struct metrics_listener *metrics) {
    for (size_t i = 0; i < endpoints_count(endpoints); i++) {
        const struct listener *listener = endpoints_at(endpoints, i);
        const struct listener_settings *settings = listener_settings(listener);
        const struct sockaddr *bound = (const struct sockaddr *)&listener_bound(listener)->storage;
        char text[SOCKET_TEXT_SIZE];
        log_notice("listener", "%s listens on %s, %s", settings->service,
                   socket_address_text(bound, text),
                   settings->tls ? "HTTPS" : "HTTP that redirects to HTTPS");
    }
    struct buffer where = {0};
    if (metrics)
        metrics_listener_describe(metrics, &where);
    if (where.data)
        log_notice("listener", "metrics are at %s", where.data);
    buffer_finish(&where);
}

/* The one thing somebody who has just started it wants to know. */
void announce_welcome(const struct endpoints *endpoints, const char *store_folder) {
    for (size_t i = 0; i < endpoints_count(endpoints); i++) {
        const struct listener *listener = endpoints_at(endpoints, i);
        const struct sockaddr *bound = (const struct sockaddr *)&listener_bound(listener)->storage;
        char host[SOCKET_TEXT_SIZE];
        if (!listener_settings(listener)->tls)
            continue;
        socket_address_host(bound, host);
        if (is_any_address(host) || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0)
            log_notice("mailstored", "open https://localhost:%u/",
                       (unsigned)socket_address_port(bound));
        else {
            char text[SOCKET_TEXT_SIZE];
            log_notice("mailstored", "open https://%s/", socket_address_text(bound, text));
        }
        break;
    }
    log_notice("mailstored", "store %s: drop a certificate with its key there and it is served",
               store_folder);
}
