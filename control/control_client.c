#include "base/time_text.h"
#include "control/control_message.h"
#include "platform/socket.h"
#include "platform/stream.h"

#include <errno.h>
#include <string.h>

/* What is left of the time for everything, as the socket's time for the next step. */
static bool set_time_left(int socket, int64_t deadline_ms, struct error *err) {
    int64_t left = deadline_ms - time_monotonic_ms();
    if (left <= 0) {
        error_set(err, ERROR_UNREACHABLE, "the daemon does not answer in time");
        return false;
    }
    return socket_set_timeout(socket, (int)left, err);
}

static void set_lost(int errno_value, struct error *err) {
    if (errno_value == EAGAIN || errno_value == EWOULDBLOCK)
        error_set(err, ERROR_UNREACHABLE, "the daemon does not answer in time");
    else
        error_set_system(err, errno_value, "the connection to the daemon broke");
}

static bool send_all(int socket, const struct buffer *request, int64_t deadline_ms,
                     struct error *err) {
    size_t sent = 0;
    while (sent < request->size) {
        if (!set_time_left(socket, deadline_ms, err))
            return false;
        struct stream_piece piece = {request->data + sent, request->size - sent};
        long count = stream_send(socket, &piece, 1);
        /* A daemon that refuses a request half-way has answered already: read that. */
        if (count < 0 && errno == EPIPE)
            return true;
        if (count < 0 && errno != EINTR) {
            set_lost(errno, err);
            return false;
        }
        if (count > 0)
            sent += (size_t)count;
    }
    return true;
}

/* Reads up to the line end, which is left out. */
static bool receive_line(int socket, int64_t deadline_ms, struct buffer *line, struct error *err) {
    char piece[32 * 1024];
    for (;;) {
        if (!set_time_left(socket, deadline_ms, err))
            return false;
        long count = stream_receive(socket, piece, sizeof piece);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            set_lost(errno, err);
            return false;
        }
        if (count == 0) {
            error_set(err, ERROR_INPUT, "the daemon closed the connection before its answer ended");
            return false;
        }
        const char *end = memchr(piece, '\n', (size_t)count);
        buffer_append(line, piece, end ? (size_t)(end - piece) : (size_t)count);
        if (line->failed || line->size >= CONTROL_ANSWER_LIMIT) {
            error_set(err, line->failed ? ERROR_MEMORY : ERROR_INPUT,
                      "the daemon's answer is too long");
            return false;
        }
        if (end)
            return true;
    }
}

bool control_ask(const char *path, const char *command, const json_t *members, int timeout_ms,
                 json_t **out, struct error *err) {
    int64_t deadline_ms = time_monotonic_ms() + timeout_ms;
    struct buffer request = {0}, line = {0};
    int socket = -1;
    bool ok = false;
    if (!control_message_request(command, members, &request)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (request.size > CONTROL_REQUEST_LIMIT) {
        error_set(err, ERROR_INPUT, "the request is longer than %d KiB",
                  CONTROL_REQUEST_LIMIT >> 10);
        goto done;
    }
    if (!socket_local_connect(path, &socket, err)) {
        if (err && (err->kind == ERROR_MISSING || err->kind == ERROR_BUSY))
            error_set(err, ERROR_UNREACHABLE, "no daemon answers on %s", path);
        goto done;
    }
    ok = send_all(socket, &request, deadline_ms, err) &&
         receive_line(socket, deadline_ms, &line, err) &&
         control_message_read(line.data ? line.data : "", line.size, out, err);
done:
    if (socket >= 0)
        socket_close(socket);
    buffer_finish(&line);
    buffer_finish(&request);
    return ok;
}
