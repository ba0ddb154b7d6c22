#include "daemon/state_folder.h"

#include "platform/file.h"

#include <stdlib.h>

struct state_folder {
    struct file_lock *lock;
    char *listening_file;
};

static void sweep(const char *path) {
    static const char *const own[] = {"authority", "waiting"};
    file_sweep(path);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char *folder = path_join(path, own[i]);
        if (folder)
            file_sweep(folder);
        free(folder);
    }
}

static bool lock(struct state_folder *folder, const char *path, const char *lock_file,
                 struct error *err) {
    if (!lock_file || !folder->listening_file) {
        error_set(err, ERROR_MEMORY, "state folder: out of memory");
        return false;
    }
    if (file_lock_acquire(lock_file, &folder->lock, err))
        return true;
    error_prefix(err, "state folder %s", path);
    return false;
}

bool state_folder_claim(const char *path, struct state_folder **out, struct error *err) {
    struct state_folder *folder = calloc(1, sizeof *folder);
    if (!folder) {
        error_set(err, ERROR_MEMORY, "state folder: out of memory");
        return false;
    }
    char *lock_file = path_join(path, "lock");
    folder->listening_file = path_join(path, "listening");
    bool ok = lock(folder, path, lock_file, err);
    free(lock_file);
    if (!ok) {
        state_folder_release(folder);
        return false;
    }
    sweep(path);
    *out = folder;
    return true;
}

void state_folder_release(struct state_folder *folder) {
    if (!folder)
        return;
    if (folder->lock) /* or it is another daemon's file */
        file_remove(folder->listening_file, NULL);
    file_lock_release(folder->lock);
    free(folder->listening_file);
    free(folder);
}

const char *state_folder_listening_file(const struct state_folder *folder) {
    return folder->listening_file;
}
