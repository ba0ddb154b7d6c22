/* From a configuration to the listeners it asks for, beside those there are. */
#pragma once

#include "conf/conf.h"
#include "daemon/access_log.h"
#include "daemon/listener.h"
#include "daemon/pins.h"

/* A bound socket and the listener that serves it. */
struct endpoint {
    struct listener *listener;
    int socket;        /* ours; the listener has descriptors of its own */
    int handed_number; /* of a socket handed over; -1: bound by us */
};

/* A listener to be. */
struct planned {
    struct listener_settings settings;
    char *priority;                   /* owned; what settings.priority points to */
    char *certificate;                /* owned; likewise */
    uint16_t port;                    /* as configured; 0: any */
    const char *redirects_to;         /* service; only for plain HTTP */
    const struct endpoint *continues; /* goes on with this one's socket; NULL: a new socket */
    bool stays;                       /* … and with its listener as it is */
    struct endpoint endpoint;         /* what it becomes */
};

struct endpoint_plan {
    struct planned *items;
    size_t count;
};

/* Finds for each listener that the configuration asks for its settings and the active endpoint it
 * goes on with. Borrows from the configuration. `pins` are the tool's. */
bool endpoint_plan_make(const struct conf *conf, const struct pin_list *pins,
                        const struct endpoint *active, size_t active_count,
                        struct access_logs *logs, struct endpoint_plan *out, struct error *err);

/* Once every new socket is bound all ports are known, and so is which listener can stay as it is.
 */
void endpoint_plan_settle(struct endpoint_plan *plan);

/* Does any of the plan go on with this endpoint? */
bool endpoint_plan_continues(const struct endpoint_plan *plan, const struct endpoint *endpoint);

void endpoint_plan_finish(struct endpoint_plan *plan);
