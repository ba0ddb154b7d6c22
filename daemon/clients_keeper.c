#include "daemon/clients_keeper.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/clients_file.h"
#include "platform/file.h"
#include "platform/loop.h"

#include <stdlib.h>

enum { WRITE_INTERVAL_MS = 60 * 1000 };

struct clients_keeper {
    char *path;
    struct clients_seen *seen;
    struct loop_timer *timer;
    bool remembers;
    bool unread;       /* the file is still to be read: 10,000 clients take a moment, and no start
                          waits for them */
    bool write_failed; /* and that was said */
    bool outdated;     /* the file still has somebody who is forgotten */
    int64_t forget_after_s;
    uint64_t written; /* changes that the file has */
};

/* ---- the file ---- */

static void read_file(struct clients_keeper *keeper) {
    if (!keeper->unread)
        return;
    keeper->unread = false;
    struct blob bytes = {0};
    struct error err = {0};
    struct client_seen *clients = NULL;
    size_t count = 0;
    if (file_read(keeper->path, CLIENTS_FILE_LIMIT, &bytes, NULL, &err) &&
        clients_file_read(bytes.data, bytes.size, &clients, &count, &err)) {
        for (size_t i = 0; i < count; i++)
            clients_seen_add(keeper->seen, &clients[i]);
    } else if (err.kind != ERROR_MISSING) {
        log_warning("clients", "%s cannot be read: %s; the list of clients begins anew",
                    keeper->path, err.text);
    }
    free(clients);
    blob_finish(&bytes);
}

static bool write_file(struct clients_keeper *keeper, struct error *err) {
    struct client_seen *clients = NULL;
    size_t count = 0;
    struct buffer text = {0};
    /* Counted first: what changes meanwhile is written the next time. */
    uint64_t changes = clients_seen_changes(keeper->seen);
    if (!clients_seen_copy(keeper->seen, &clients, &count, err))
        return false;
    clients_file_print(clients, count, &text);
    bool ok = !text.failed;
    if (!ok)
        error_set(err, ERROR_MEMORY, "clients: out of memory");
    else
        ok = file_write(keeper->path, text.data, text.size, 0600, FILE_REPLACE, err);
    if (ok) {
        keeper->written = changes;
        keeper->outdated = false;
    }
    buffer_finish(&text);
    free(clients);
    return ok;
}

static void remove_file(struct clients_keeper *keeper) {
    struct error err = {0};
    keeper->outdated = false;
    if (!file_remove(keeper->path, &err) && err.kind != ERROR_MISSING)
        log_error("clients", "%s cannot be removed: %s; remove it by hand", keeper->path, err.text);
}

static void write_changes(struct clients_keeper *keeper) {
    struct error err;
    read_file(keeper); /* what it has is not lost */
    if (!keeper->remembers || clients_seen_changes(keeper->seen) == keeper->written)
        return;
    bool ok = write_file(keeper, &err);
    if (!ok && !keeper->write_failed)
        log_warning("clients", "%s cannot be written: %s; a restart would forget the clients",
                    keeper->path, err.text);
    keeper->write_failed = !ok;
    if (!ok && keeper->outdated) /* a full disk is no reason to remember longer */
        remove_file(keeper);
}

/* ---- its life ---- */

void clients_keeper_forget(struct clients_keeper *keeper, int64_t now) {
    read_file(keeper);
    keeper->outdated |= clients_seen_forget(keeper->seen, now - keeper->forget_after_s, now);
}

static void on_timer(void *context) {
    struct clients_keeper *keeper = context;
    clients_keeper_forget(keeper, time_now());
    write_changes(keeper);
    loop_timer_set(keeper->timer, WRITE_INTERVAL_MS);
}

bool clients_keeper_create(struct loop *loop, const char *state_folder, struct clients_seen *seen,
                           struct clients_keeper **out, struct error *err) {
    struct clients_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper || !(keeper->path = path_join(state_folder, "clients"))) {
        error_set(err, ERROR_MEMORY, "clients: out of memory");
        free(keeper);
        return false;
    }
    keeper->seen = seen;
    if (!loop_timer_create(loop, on_timer, keeper, &keeper->timer, err)) {
        clients_keeper_destroy(keeper);
        return false;
    }
    *out = keeper;
    return true;
}

void clients_keeper_destroy(struct clients_keeper *keeper) {
    if (!keeper)
        return;
    write_changes(keeper);
    loop_timer_destroy(keeper->timer);
    free(keeper->path);
    free(keeper);
}

static void begin(struct clients_keeper *keeper) {
    clients_seen_remember(keeper->seen, true);
    keeper->written = clients_seen_changes(keeper->seen);
    keeper->remembers = keeper->unread = true;
    loop_timer_set(keeper->timer, 0);
}

static void end(struct clients_keeper *keeper) {
    clients_seen_remember(keeper->seen, false);
    keeper->remembers = keeper->unread = false;
    loop_timer_cancel(keeper->timer);
    remove_file(keeper);
}

void clients_keeper_configure(struct clients_keeper *keeper, bool remember,
                              int64_t forget_after_s) {
    keeper->forget_after_s = forget_after_s;
    if (!remember)
        end(keeper); /* also what an earlier run has left */
    else if (!keeper->remembers)
        begin(keeper);
    else
        loop_timer_set(keeper->timer, 0); /* it may be less time now, for the file as well */
}
