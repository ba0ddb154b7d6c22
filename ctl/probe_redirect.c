#include "ctl/probe.h"

#include "base/time_text.h"
#include "platform/socket.h"
#include "platform/stream.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_LIMIT = 16 * 1024 };

static bool send_request(int socket, const struct probe_target *target, struct error *err) {
    struct buffer request = {0};
    char host[SOCKET_TEXT_SIZE];
    struct socket_address address;
    /* The literal again, in the brackets that an IPv6 address needs in a Host field. */
    if (socket_address_parse(target->address, target->port, &address))
        socket_address_text((const struct sockaddr *)&address.storage, host);
    else
        host[0] = '\0';
    buffer_append_text(&request, "GET / HTTP/1.1\r\nHost: ");
    if (target->server_name)
        buffer_printf(&request, "%s:%u", target->server_name, (unsigned)target->port);
    else
        buffer_append_text(&request, host);
    buffer_append_text(&request, "\r\nUser-Agent: mailstorectl/" MAILSTORED_VERSION
                                 "\r\nConnection: close\r\n\r\n");
    struct stream_piece piece = {request.data, request.size};
    /* Some hundred bytes on a new connection: they fit its buffer, or nobody is there. */
    bool ok = !request.failed && stream_send(socket, &piece, 1) == (long)request.size;
    if (!ok)
        error_set(err, ERROR_UNREACHABLE, "the request could not be sent");
    buffer_finish(&request);
    return ok;
}

static bool receive_head(int socket, struct buffer *head, struct error *err) {
    int64_t deadline_ms = time_monotonic_ms() + PROBE_TIMEOUT_MS;
    char piece[2048];
    while (!head->data || !strstr(head->data, "\r\n\r\n")) {
        long count = stream_receive(socket, piece, sizeof piece);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0 || time_monotonic_ms() > deadline_ms) {
            error_set(err, ERROR_UNREACHABLE, "no HTTP answer within %d s",
                      PROBE_TIMEOUT_MS / 1000);
            return false;
        }
        buffer_append(head, piece, (size_t)count);
        if (head->failed || head->size > HEAD_LIMIT || memchr(piece, '\0', (size_t)count)) {
            error_set(err, ERROR_INPUT, "what answers speaks no HTTP");
            return false;
        }
    }
    return true;
}

/* The value of a header field (RFC 9110), newly allocated; NULL if there is none. */
static char *field_value(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " \t");
        return strndup(value, strcspn(value, "\r"));
    }
    return NULL;
}

static bool look(const char *head, json_t *seen, struct error *err) {
    int status = 0;
    if (strncmp(head, "HTTP/1.", 7) == 0 && strlen(head) > 12)
        status = (int)strtol(head + 9, NULL, 10);
    if (status < 100 || status > 599) {
        error_set(err, ERROR_INPUT, "what answers speaks no HTTP");
        return false;
    }
    char *location = field_value(head, "Location");
    bool ok = json_object_set_new(seen, "status", json_integer(status)) == 0 &&
              json_object_set_new(seen, "location", report_text(location)) == 0;
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    bool leads =
        status >= 300 && status < 400 && location && strncasecmp(location, "https://", 8) == 0;
    if (ok && !leads)
        error_set(err, ERROR_INPUT, "the answer is %d and leads to no https address", status);
    free(location);
    return ok && leads;
}

json_t *probe_redirect(const struct probe_target *target) {
    struct error err = {0};
    struct socket_address address;
    struct buffer head = {0};
    int socket = -1;
    json_t *seen = json_pack("{s:n, s:n, s:n}", "problem", "status", "location");
    if (!seen)
        return NULL;
    bool ok = false;
    if (!socket_address_parse(target->address, target->port, &address))
        error_set(&err, ERROR_INPUT, "no address to connect to: \"%s\"", target->address);
    else if (socket_connect(&address, PROBE_TIMEOUT_MS, &socket, &err))
        ok = send_request(socket, target, &err) && receive_head(socket, &head, &err) &&
             look(head.data, seen, &err);
    if (socket >= 0)
        socket_close(socket);
    buffer_finish(&head);
    if (!ok && json_object_set_new(seen, "problem", report_text(err.text)) != 0) {
        json_decref(seen);
        return NULL;
    }
    return seen;
}
