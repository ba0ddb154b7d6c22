#include "ctl/probe.h"

#include "base/time_text.h"
#include "ctl/http_head.h"
#include "platform/socket.h"
#include "platform/stream.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool send_request(int socket, const struct probe_target *target, struct error *err) {
    struct buffer request = {0};
    http_head_request(target, "GET", "/", &request);
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
    while (!http_head_is_whole(head)) {
        long count = stream_receive(socket, piece, sizeof piece);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0 || time_monotonic_ms() > deadline_ms) {
            error_set(err, ERROR_UNREACHABLE, "no HTTP answer within %d s",
                      PROBE_TIMEOUT_MS / 1000);
            return false;
        }
        buffer_append(head, piece, (size_t)count);
        if (head->failed || head->size > HTTP_HEAD_LIMIT || memchr(piece, '\0', (size_t)count)) {
            error_set(err, ERROR_INPUT, "what answers speaks no HTTP");
            return false;
        }
    }
    return true;
}

static bool look(const char *head, json_t *seen, struct error *err) {
    int status = http_head_status(head);
    if (status == 0) {
        error_set(err, ERROR_INPUT, "what answers speaks no HTTP");
        return false;
    }
    char *location = http_head_field(head, "Location");
    bool ok = json_object_set_new(seen, "status", json_integer(status)) == 0 &&
              json_object_set_new(seen, "location", report_text(location)) == 0;
    if (!ok)
        error_no_memory(err);
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
