/* The control socket: one request and its answer, as JSON, between the daemon and its tool.
 *
 * Protocol 1 (docs/CONTROL.md): a client connects, sends one JSON object followed by a line end,
 * reads one JSON object followed by a line end, and the connection closes. Request: {"protocol": 1,
 * "command": "status", …}. Answer: {"protocol": 1, "ok": true, …} or {"protocol": 1, "ok": false,
 * "kind": "missing", "error": "one sentence"}. */
#pragma once

#include "base/error.h"
#include "platform/loop.h"

#include <jansson.h>

enum {
    CONTROL_PROTOCOL = 1,
    CONTROL_REQUEST_LIMIT = 64 * 1024,       /* bytes, with the line end */
    CONTROL_ANSWER_LIMIT = 64 * 1024 * 1024, /* likewise */
    CONTROL_CLIENT_LIMIT = 32,               /* served at once; more wait in the backlog */
    CONTROL_PATIENCE_MS = 5000,              /* for a request; for progress of an answer */
};

/* ---- the daemon's side; everything in the loop's thread ---- */

struct control_server;

/* One row of the daemon's table of commands. `answer` returns a new object with the command's own
 * members (the server adds protocol and ok), or NULL with `err` filled: its kind and text are the
 * answer. It must not destroy the server. */
struct control_command {
    const char *name;
    json_t *(*answer)(void *context, const json_t *request, struct error *err);
};

/* Listens on `path` (0600). `commands` ends with a NULL name and outlives the server. A client
 * that is slow or silent is dropped after CONTROL_PATIENCE_MS and never blocks the loop. */
bool control_server_create(struct loop *loop, const char *path,
                           const struct control_command *commands, void *context,
                           struct control_server **out, struct error *err);
/* For tests, which do not wait that long. */
void control_server_set_patience(struct control_server *server, int64_t patience_ms);
/* Closes everything and removes the socket. NULL is legal. Not from within an answer. */
void control_server_destroy(struct control_server *server);

/* ---- the tool's side ---- */

/* Sends a command (its members besides protocol and command in `members`, may be NULL) and waits
 * for the answer, at most `timeout_ms` in all. ERROR_UNREACHABLE: no daemon answers on that socket
 * in time; ERROR_PERMISSION: it may not be opened. An answer with ok=false becomes an error of its
 * kind. Gives `out`: json_decref it. */
bool control_ask(const char *path, const char *command, const json_t *members, int timeout_ms,
                 json_t **out, struct error *err);
