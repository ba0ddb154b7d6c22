#include "daemon/redirect.h"

#include "daemon/connection.h"
#include "daemon/framing.h"
#include "daemon/listener.h"
#include "daemon/respond.h"

#include <stdio.h>
#include <string.h>

/* What of the target goes with the client; NULL for targets that name nothing to go to: "*", an
 * authority, another scheme. */
static const char *path_and_query(const char *target) {
    size_t size;
    const char *authority = target ? target_authority(target, &size) : NULL;
    if (authority)
        return authority[size] == '\0' ? "/" : authority + size;
    return target && target[0] == '/' ? target : NULL;
}

enum MHD_Result redirect_answer(struct connection *connection) {
    const struct listener_settings *settings = listener_settings(connection->listener);
    char host[REQUEST_HOST_SIZE];
    if (settings->redirect_host)
        snprintf(host, sizeof host, "%s", settings->redirect_host);
    else if (!request_host(connection, host, NULL))
        /* HTTP/1.0 without Host: the address reached is the one name we know to work. */
        connection_local_address(connection, host, NULL);

    const char *path = path_and_query(connection->request.target_copy);
    if (!path)
        return respond_error(connection, MHD_HTTP_BAD_REQUEST, NULL);
    struct buffer location = {0};
    buffer_printf(&location, strchr(host, ':') ? "https://[%s]" : "https://%s", host);
    if (settings->redirect_port != 443)
        buffer_printf(&location, ":%u", (unsigned)settings->redirect_port);
    buffer_printf(&location, path[0] == '?' ? "/%s" : "%s", path);
    enum MHD_Result result = MHD_NO;
    if (!location.failed) {
        static const char text[] = "This service is reached over HTTPS.\n";
        const struct answer answer = {.status = MHD_HTTP_PERMANENT_REDIRECT,
                                      .content_type = "text/plain; charset=utf-8",
                                      .location = location.data};
        result = respond_bytes(connection, &answer, text, sizeof text - 1);
    }
    buffer_finish(&location);
    return result;
}
