#include "base/log.h"
#include "base/time_text.h"
#include "control/control_message.h"
#include "platform/socket.h"
#include "platform/file.h"
#include "platform/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 200 }; /* after accepting failed for want of descriptors or memory */

/* One connection: first it is read, then written to. */
struct client {
    struct control_server *server;
    int socket;
    struct loop_source *source;
    struct buffer request;
    struct buffer answer;
    size_t sent;
    bool is_answering;
    int64_t deadline_ms; /* on the monotonic clock */
};

struct control_server {
    struct loop *loop;
    char *path;
    const struct control_command *commands;
    void *context;
    int listener;
    struct loop_source *waiting; /* for connections; NULL while there is no room for more */
    struct loop_timer *timer;    /* the next deadline, or the next try to accept */
    bool is_retrying;
    struct client *clients[CONTROL_CLIENT_LIMIT];
    size_t client_count;
    int64_t patience_ms;
};

static void on_connection(void *context);

static void set_timer(struct control_server *server) {
    int64_t now = time_monotonic_ms(), in_ms = -1;
    if (server->is_retrying)
        in_ms = RETRY_MS;
    for (size_t i = 0; i < server->client_count; i++) {
        int64_t left = server->clients[i]->deadline_ms - now;
        if (in_ms < 0 || left < in_ms)
            in_ms = left < 0 ? 0 : left;
    }
    if (in_ms < 0)
        loop_timer_cancel(server->timer);
    else
        loop_timer_set(server->timer, in_ms);
}

/* Waits for connections while there is room. A listener left readable but unattended would make
 * the loop spin, so it is not watched otherwise. */
static void watch_listener(struct control_server *server) {
    bool wanted = server->client_count < CONTROL_CLIENT_LIMIT && !server->is_retrying;
    if (!wanted) {
        loop_source_destroy(server->waiting);
        server->waiting = NULL;
    } else if (!server->waiting) {
        struct error err = {0};
        if (!loop_source_create(server->loop, server->listener, on_connection, server,
                                &server->waiting, &err)) {
            log_warning("control", "no new connections for now: %s", err.text);
            server->is_retrying = true;
        }
    }
    set_timer(server);
}

static void client_extend(struct client *client) {
    client->deadline_ms = time_monotonic_ms() + client->server->patience_ms;
}

static void client_free(struct client *client) {
    loop_source_destroy(client->source);
    socket_close(client->socket);
    buffer_finish(&client->request);
    buffer_finish(&client->answer);
    free(client);
}

static void client_drop(struct client *client) {
    struct control_server *server = client->server;
    for (size_t i = 0; i < server->client_count; i++)
        if (server->clients[i] == client)
            server->clients[i] = server->clients[--server->client_count];
    client_free(client);
    watch_listener(server);
}

static void client_send(struct client *client) {
    while (client->sent < client->answer.size) {
        struct stream_piece piece = {client->answer.data + client->sent,
                                     client->answer.size - client->sent};
        long count = stream_send(client->socket, &piece, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return; /* the loop calls again when there is room */
        if (count < 0)
            break; /* the peer has gone: nobody to tell */
        client->sent += (size_t)count;
        client_extend(client);
    }
    client_drop(client);
}

static void client_begin_answer(struct client *client) {
    if (client->answer.failed) {
        log_error("control", "out of memory: a request stays unanswered");
        client_drop(client);
        return;
    }
    buffer_finish(&client->request);
    client->is_answering = true;
    client_extend(client);
    loop_source_want(client->source, LOOP_WRITABLE);
    client_send(client);
}

static void client_refuse(struct client *client, const char *why) {
    struct error err = {0};
    error_set(&err, ERROR_INPUT, "%s", why);
    control_message_refuse(&err, &client->answer);
    client_begin_answer(client);
}

/* Takes what is there now; a client that has more to say is read again at the loop's next turn. */
static void client_receive(struct client *client) {
    char piece[4096];
    long count = stream_receive(client->socket, piece, sizeof piece);
    if (count < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            client_drop(client);
        return;
    }
    if (count == 0 && client->request.size == 0) {
        client_drop(client);
        return;
    }
    if (count == 0) {
        client_refuse(client, "the request ends before its line end");
        return;
    }
    const char *end = memchr(piece, '\n', (size_t)count);
    buffer_append(&client->request, piece, end ? (size_t)(end - piece) : (size_t)count);
    if (client->request.failed) {
        client_drop(client);
        return;
    }
    if (client->request.size >= CONTROL_REQUEST_LIMIT) {
        client_refuse(client, "the request is longer than 64 KiB");
        return;
    }
    if (!end)
        return;
    struct control_server *server = client->server;
    control_message_answer(server->commands, server->context, client->request.data,
                           client->request.size, &client->answer);
    client_begin_answer(client);
}

static void on_client(void *context) {
    struct client *client = context;
    if (client->is_answering)
        client_send(client);
    else
        client_receive(client);
}

/* Takes the socket over. */
static bool client_add(struct control_server *server, int socket, struct error *err) {
    struct client *client = calloc(1, sizeof *client);
    if (!client ||
        !loop_source_create(server->loop, socket, on_client, client, &client->source, err)) {
        if (!client)
            error_set(err, ERROR_MEMORY, "out of memory");
        free(client);
        socket_close(socket);
        return false;
    }
    client->server = server;
    client->socket = socket;
    client_extend(client);
    server->clients[server->client_count++] = client;
    return true;
}

static void on_connection(void *context) {
    struct control_server *server = context;
    struct error err = {0};
    while (server->client_count < CONTROL_CLIENT_LIMIT) {
        int socket = -1;
        if (socket_accept(server->listener, &socket, &err) && client_add(server, socket, &err))
            continue;
        if (err.kind != ERROR_BUSY) {
            log_warning("control", "no new connections for now: %s", err.text);
            server->is_retrying = true;
        }
        break;
    }
    watch_listener(server);
}

static void on_timer(void *context) {
    struct control_server *server = context;
    int64_t now = time_monotonic_ms();
    server->is_retrying = false;
    /* Backwards, since dropping one moves the last into its place. */
    for (size_t i = server->client_count; i-- > 0;)
        if (server->clients[i]->deadline_ms <= now) {
            log_info("control", "a client was dropped: it %s for %lld ms",
                     server->clients[i]->is_answering ? "took nothing of its answer"
                                                      : "did not send its request",
                     (long long)server->patience_ms);
            client_drop(server->clients[i]);
        }
    watch_listener(server);
}

bool control_server_create(struct loop *loop, const char *path,
                           const struct control_command *commands, void *context,
                           struct control_server **out, struct error *err) {
    struct control_server *server = calloc(1, sizeof *server);
    if (!server) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *server = (struct control_server){.loop = loop,
                                      .commands = commands,
                                      .context = context,
                                      .listener = -1,
                                      .patience_ms = CONTROL_PATIENCE_MS};
    server->path = strdup(path);
    if (!server->path) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto failed;
    }
    if (!socket_local_listen(path, &server->listener, err) ||
        !loop_timer_create(loop, on_timer, server, &server->timer, err) ||
        !loop_source_create(loop, server->listener, on_connection, server, &server->waiting, err))
        goto failed;
    *out = server;
    return true;
failed:
    control_server_destroy(server);
    return false;
}

void control_server_set_patience(struct control_server *server, int64_t patience_ms) {
    server->patience_ms = patience_ms;
}

void control_server_destroy(struct control_server *server) {
    if (!server)
        return;
    for (size_t i = 0; i < server->client_count; i++)
        client_free(server->clients[i]);
    loop_source_destroy(server->waiting);
    loop_timer_destroy(server->timer);
    if (server->listener >= 0) {
        socket_close(server->listener);
        file_remove(server->path, NULL);
    }
    free(server->path);
    free(server);
}
