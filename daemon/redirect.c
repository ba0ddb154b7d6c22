#include "daemon/redirect.h"

#include "daemon/connection.h"
#include "daemon/framing.h"
#include "daemon/listener.h"
#include "daemon/respond.h"

#include <string.h>

enum MHD_Result redirect_answer(struct connection *connection) {
    const struct listener_settings *settings = listener_settings(connection->listener);
    char host[REQUEST_HOST_SIZE];
    if (settings->redirect_host)
        strncat(strcpy(host, ""), settings->redirect_host, sizeof host - 1);
    else if (!request_host(connection, host, NULL))
        /* HTTP/1.0 without Host: the address reached is the one name we know to work. */
        connection_local_address(connection, host, NULL);

    const char *target = connection->request.target_copy;
    const char *path = target ? target_path(target) : "/";
    if (path[0] != '/')
        path = "/";
    struct buffer location = {0};
    buffer_printf(&location, strchr(host, ':') ? "https://[%s]" : "https://%s", host);
    if (settings->redirect_port != 443)
        buffer_printf(&location, ":%u", (unsigned)settings->redirect_port);
    buffer_append_text(&location, path);
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
