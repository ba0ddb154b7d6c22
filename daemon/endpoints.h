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

/* Makes what serves agree with the configuration and the tool's pins, all or nothing: listeners
 * that stay as they are are not touched, changed ones go on on the same socket, new ones are bound
 * before any old one goes. On failure everything serves as before. */
bool endpoints_apply(struct endpoints *endpoints, const struct conf *conf,
                     const struct pin_list *pins, struct error *err);

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
