/* All listeners: those that serve, and retired ones whose connections live on. Loop's thread. */
#pragma once

#include "base/error.h"
#include "conf/conf.h"
#include "daemon/listener.h"

#include <stdio.h>

struct endpoints;

bool endpoints_create(const struct listener_shared *shared, struct endpoints **out,
                      struct error *err);
/* Ends everything that is left. */
void endpoints_destroy(struct endpoints *endpoints);

struct pin_list;

/* Somebody else who listens and moves along: with all of them, or not at all. Any of them can be
 * in the way of any other until it has left. */
struct endpoints_companion {
    /* Binds where it is to be. After ERROR_BUSY it is called again when those that leave have made
     * way, also if it had gone right. */
    bool (*bind)(void *context, struct error *err);
    void (*make_way)(void *context);  /* frees the address that it leaves */
    void (*commit)(void *context);    /* everyone has moved */
    void (*take_back)(void *context); /* nobody has: it listens where it was */
    void *context;
};

/* Makes what serves agree with the configuration and the tool's pins, all or nothing: listeners
 * that stay as they are are not touched, changed ones go on on the same socket, new ones are bound
 * before any old one goes. On failure everything serves as before. `companion`: NULL if it stays
 * as it is. */
bool endpoints_apply(struct endpoints *endpoints, const struct conf *conf,
                     const struct pin_list *pins, const struct endpoints_companion *companion,
                     struct error *err);

/* Frees retired listeners whose last connection has ended. */
void endpoints_sweep(struct endpoints *endpoints);

/* Stops accepting, and has connections close: idle ones now, busy ones after their answer. */
void endpoints_close(struct endpoints *endpoints);

/* Opens the access logs anew. */
void endpoints_reopen_logs(struct endpoints *endpoints);

size_t endpoints_count(const struct endpoints *endpoints);
const struct listener *endpoints_at(const struct endpoints *endpoints, size_t i);
/* Open connections, also of retired listeners. */
unsigned endpoints_connections(const struct endpoints *endpoints);
