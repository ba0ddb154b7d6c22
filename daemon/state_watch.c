#include "daemon/state_watch.h"

#include "platform/file.h"
#include "platform/watch.h"

#include <stdlib.h>

enum { BURST_MS = 4 };

struct state_watch {
    void (*changed)(void *context);
    void *context;
    struct string_list folders;
    struct watch *watch;
    struct loop_timer *burst; /* events within a few milliseconds are one */
    struct loop_timer *poll;
    bool burst_set;
    int64_t poll_interval_ms;
};

static void on_event(void *context) {
    struct state_watch *watch = context;
    if (watch->burst_set)
        return; /* not pushed back: a flood must not keep us from looking */
    watch->burst_set = true;
    loop_timer_set(watch->burst, BURST_MS);
}

static void on_burst_end(void *context) {
    struct state_watch *watch = context;
    watch->burst_set = false;
    watch_set(watch->watch, &watch->folders); /* "authority" may be new: before it is looked at */
    watch->changed(watch->context);
}

static void on_poll(void *context) {
    struct state_watch *watch = context;
    on_burst_end(watch);
    loop_timer_set(watch->poll, watch->poll_interval_ms);
}

static bool name_folders(const char *state_folder, struct string_list *out) {
    char *authority = path_join(state_folder, "authority");
    bool ok = authority && string_list_add(out, state_folder) && string_list_add(out, authority);
    free(authority);
    return ok;
}

bool state_watch_create(struct loop *loop, const char *state_folder, int64_t poll_interval_ms,
                        void (*changed)(void *context), void *context, struct state_watch **out,
                        struct error *err) {
    struct state_watch *watch = calloc(1, sizeof *watch);
    if (!watch || !name_folders(state_folder, &watch->folders)) {
        error_set(err, ERROR_MEMORY, "state folder: out of memory");
        goto failed;
    }
    watch->changed = changed;
    watch->context = context;
    if (!watch_create(loop, on_event, watch, &watch->watch, err) ||
        !loop_timer_create(loop, on_burst_end, watch, &watch->burst, err) ||
        !loop_timer_create(loop, on_poll, watch, &watch->poll, err))
        goto failed;
    watch_set(watch->watch, &watch->folders);
    state_watch_set_poll_interval(watch, poll_interval_ms);
    *out = watch;
    return true;
failed:
    state_watch_destroy(watch);
    return false;
}

void state_watch_set_poll_interval(struct state_watch *watch, int64_t poll_interval_ms) {
    watch->poll_interval_ms = poll_interval_ms;
    loop_timer_set(watch->poll, poll_interval_ms);
}

void state_watch_destroy(struct state_watch *watch) {
    if (!watch)
        return;
    loop_timer_destroy(watch->burst);
    loop_timer_destroy(watch->poll);
    watch_destroy(watch->watch);
    string_list_finish(&watch->folders);
    free(watch);
}
