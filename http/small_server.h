/* A small HTTP server of libmicrohttpd's without a thread of its own: driven by a loop, for what
 * belongs to that loop's thread and is asked for seldom. Loop's thread. */
#pragma once

#include "base/error.h"

#include <microhttpd.h>
#include <stddef.h>

struct loop;
struct small_server;

struct small_server_settings {
    struct loop *loop;
    const char *subject; /* for the log: "metrics" */
    int socket;          /* listening; taken, also on failure */
    MHD_AccessHandlerCallback answer;
    MHD_RequestCompletedCallback completed; /* may be NULL */
    void *context;                          /* of both */
    unsigned connections, idle_timeout_s;
    size_t memory; /* for each connection: a request's head must find room in it */
};
bool small_server_create(const struct small_server_settings *settings, struct small_server **out,
                         struct error *err);
void small_server_destroy(struct small_server *server); /* NULL is legal; closes the socket */
