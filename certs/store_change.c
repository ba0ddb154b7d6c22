#include "certs/store_plan.h"

#include <stdlib.h>
#include <string.h>

static const char lock_name[] = ".mailstored-lock";

/* ---- what others left ---- */

static bool note_leaving(void *context, const char *name) {
    bool *found = context;
    *found = strcmp(name, STORE_JOURNAL) == 0 || file_is_temporary(name);
    return !*found;
}

/* Under the lock. What an unfinished change still needs is not swept. */
static bool clear_up(const struct held_folder *folder, struct error *err) {
    if (!store_journal_finish(folder, err))
        return false;
    held_folder_sweep(folder);
    return true;
}

void store_change_finish_interrupted(const char *folder) {
    struct held_folder *held = NULL;
    struct file_lock *lock = NULL;
    bool found = false;
    if (!held_folder_open(folder, &held, NULL))
        return;
    if (held_folder_list(held, note_leaving, &found, NULL) && found &&
        held_folder_lock(held, lock_name, 0, &lock, NULL))
        clear_up(held, NULL);
    file_lock_release(lock);
    held_folder_close(held);
}

/* ---- beginning, ending ---- */

static void release(struct store_change *change) {
    store_plan_finish(&change->plan);
    file_lock_release(change->lock);
    held_folder_close(change->folder);
    free(change);
}

static bool begin(const char *folder, int64_t wait_ms, struct store_change **out,
                  struct error *err) {
    struct store_change *change = calloc(1, sizeof *change);
    if (!change) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", folder);
        return false;
    }
    if (held_folder_make(folder, 0700, &change->folder, err) &&
        held_folder_lock(change->folder, lock_name, wait_ms, &change->lock, err) &&
        clear_up(change->folder, err) && store_plan_init(&change->plan, change->folder, err)) {
        *out = change;
        return true;
    }
    release(change);
    return false;
}

bool store_change_begin(const char *folder, struct store_change **out, struct error *err) {
    enum { WAIT_MS = 5000 };
    return begin(folder, WAIT_MS, out, err);
}

bool store_change_try(const char *folder, struct store_change **out, struct error *err) {
    return begin(folder, 0, out, err);
}

bool store_change_possible(const char *folder, struct error *err) {
    struct store_change *change = NULL;
    bool is_possible = store_change_try(folder, &change, err);
    store_change_abandon(change);
    return is_possible;
}

bool store_change_commit(struct store_change *change, struct error *err) {
    bool ok = !change->plan.is_broken;
    if (ok)
        ok = store_moves_make(&change->plan.moves, change->folder, err);
    else {
        store_plan_drop(&change->plan);
        error_set(err, ERROR_INPUT, "%s: a step of the change failed, so nothing was changed",
                  held_folder_path(change->folder));
    }
    release(change);
    return ok;
}

void store_change_abandon(struct store_change *change) {
    if (!change)
        return;
    store_plan_drop(&change->plan);
    release(change);
}

/* ---- files ---- */

static bool check_file(const struct store_change *change, const char *file, struct error *err) {
    static const char ours[] = ".mailstored-";
    enum { LONGEST = 255 };
    size_t length = strlen(file);
    if (length > 0 && length <= LONGEST && !strchr(file, '/') && strcmp(file, ".") != 0 &&
        strcmp(file, "..") != 0 && strncmp(file, ours, sizeof ours - 1) != 0)
        return true;
    error_set(err, ERROR_INPUT, "\"%s\" cannot be the name of a file in %s", file,
              held_folder_path(change->folder));
    return false;
}

static bool check_no_folder(const struct store_change *change, const char *file,
                            struct error *err) {
    if (!store_plan_is_folder(&change->plan, file))
        return true;
    error_set(err, ERROR_INPUT, "%s/%s is a folder", held_folder_path(change->folder), file);
    return false;
}

bool store_change_write(struct store_change *change, const char *file, const void *data,
                        size_t size, unsigned mode, struct error *err) {
    return check_file(change, file, err) && check_no_folder(change, file, err) &&
           store_plan_write(&change->plan, file, data, size, mode, err);
}

bool store_change_remove(struct store_change *change, const char *file, struct error *err) {
    return check_file(change, file, err) && check_no_folder(change, file, err) &&
           store_plan_remove(&change->plan, file, err);
}

bool store_change_rename(struct store_change *change, const char *from, const char *to,
                         struct error *err) {
    return check_file(change, from, err) && check_file(change, to, err) &&
           store_plan_rename(&change->plan, from, to, err);
}
