#include "daemon/drain.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/endpoints.h"
#include "platform/loop.h"

#include <stdlib.h>

enum { LOOK_MS = 10 };

struct drain {
    struct loop *loop;
    struct loop_timer *timer;
    struct endpoints *endpoints; /* NULL: not under way */
    int64_t until_ms;
};

static void look(void *context) {
    struct drain *drain = context;
    unsigned left = endpoints_connections(drain->endpoints);
    bool late = time_monotonic_ms() >= drain->until_ms;
    if (left > 0 && !late) {
        loop_timer_set(drain->timer, LOOK_MS);
        return;
    }
    if (left > 0)
        log_notice("mailstored", "%u connections did not end in time: closed", left);
    loop_stop(drain->loop);
}

bool drain_create(struct loop *loop, struct drain **out, struct error *err) {
    struct drain *drain = calloc(1, sizeof *drain);
    if (!drain) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    drain->loop = loop;
    if (!loop_timer_create(loop, look, drain, &drain->timer, err)) {
        free(drain);
        return false;
    }
    *out = drain;
    return true;
}

void drain_destroy(struct drain *drain) {
    if (!drain)
        return;
    loop_timer_destroy(drain->timer);
    free(drain);
}

void drain_begin(struct drain *drain, struct endpoints *endpoints, int64_t within_ms) {
    if (drain->endpoints) {
        loop_stop(drain->loop);
        return;
    }
    log_notice("mailstored", "stopping: %u open connections", endpoints_connections(endpoints));
    drain->endpoints = endpoints;
    drain->until_ms = time_monotonic_ms() + within_ms;
    endpoints_close(endpoints);
    look(drain);
}

bool drain_is_under_way(const struct drain *drain) {
    return drain->endpoints != NULL;
}
