#include "daemon/metrics_place.h"

#include "base/log.h"
#include "daemon/metrics_listener.h"

#include <stdlib.h>
#include <string.h>

struct metrics_place {
    struct loop *loop;
    void (*print)(void *context, struct buffer *out);
    void *context;
    struct metrics_listener *listener; /* NULL: nowhere */

    /* During a move. */
    const char *where; /* to */
    struct metrics_listener *next;
    bool made_way;
};

bool metrics_place_create(struct loop *loop, void (*print)(void *context, struct buffer *out),
                          void *context, struct metrics_place **out, struct error *err) {
    struct metrics_place *place = calloc(1, sizeof *place);
    if (!place) {
        error_set(err, ERROR_MEMORY, "metrics: out of memory");
        return false;
    }
    place->loop = loop;
    place->print = print;
    place->context = context;
    *out = place;
    return true;
}

void metrics_place_destroy(struct metrics_place *place) {
    if (!place)
        return;
    metrics_listener_destroy(place->listener);
    free(place);
}

static bool stays(const struct metrics_place *place) {
    return place->listener && place->where &&
           strcmp(place->where, metrics_listener_where(place->listener)) == 0;
}

static bool bind_next(void *context, struct error *err) {
    struct metrics_place *place = context;
    if (!place->where || place->next || stays(place))
        return true;
    return metrics_listener_create(place->loop, place->where, place->print, place->context,
                                   &place->next, err);
}

static void make_way(void *context) {
    struct metrics_place *place = context;
    if (!place->listener || stays(place))
        return;
    metrics_listener_make_way(place->listener);
    place->made_way = true;
}

static void commit(void *context) {
    struct metrics_place *place = context;
    if (stays(place))
        return;
    metrics_listener_destroy(place->listener);
    place->listener = place->next;
    place->next = NULL;
}

static void take_back(void *context) {
    struct metrics_place *place = context;
    struct error err;
    metrics_listener_destroy(place->next);
    place->next = NULL;
    if (!place->made_way || metrics_listener_return(place->listener, &err))
        return;
    log_error("metrics", "they are not told any more: %s", err.text);
    metrics_listener_destroy(place->listener);
    place->listener = NULL;
}

struct endpoints_companion metrics_place_move(struct metrics_place *place, const char *where) {
    place->where = where;
    place->made_way = false;
    return (struct endpoints_companion){bind_next, make_way, commit, take_back, place};
}

const struct metrics_listener *metrics_place_listener(const struct metrics_place *place) {
    return place->listener;
}
