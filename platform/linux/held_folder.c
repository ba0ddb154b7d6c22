#include "platform/held_folder.h"

#include "platform/linux/file_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct held_folder {
    int descriptor;
    uid_t owner;
    gid_t group;
    char *path;
};

bool held_folder_open(const char *path, struct held_folder **out, struct error *err) {
    struct held_folder *folder = calloc(1, sizeof *folder);
    struct stat status;
    if (folder) {
        folder->descriptor = -1;
        folder->path = strdup(path);
    }
    if (!folder || !folder->path) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        held_folder_close(folder);
        return false;
    }
    folder->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->descriptor < 0 || fstat(folder->descriptor, &status) != 0) {
        error_set_system(err, errno, "folder %s cannot be opened", path);
        held_folder_close(folder);
        return false;
    }
    folder->owner = status.st_uid;
    folder->group = status.st_gid;
    *out = folder;
    return true;
}

/* Gives 0 or errno. */
static int give_to_owner_above(struct held_folder *folder) {
    struct stat above;
    if (fstatat(folder->descriptor, "..", &above, 0) != 0)
        return errno;
    if (above.st_uid == folder->owner && above.st_gid == folder->group)
        return 0;
    if (fchown(folder->descriptor, above.st_uid, above.st_gid) != 0)
        return errno;
    folder->owner = above.st_uid;
    folder->group = above.st_gid;
    return 0;
}

bool held_folder_make(const char *path, unsigned mode, struct held_folder **out,
                      struct error *err) {
    struct stat status;
    bool is_new = stat(path, &status) != 0;
    struct held_folder *folder = NULL;
    if (!folder_make(path, mode, err) || !held_folder_open(path, &folder, err))
        return false;
    int why = is_new && geteuid() == 0 ? give_to_owner_above(folder) : 0;
    if (why != 0) {
        error_set_system(err, why, "folder %s cannot be given to its owner", path);
        held_folder_close(folder);
        return false;
    }
    *out = folder;
    return true;
}

void held_folder_close(struct held_folder *folder) {
    if (!folder)
        return;
    if (folder->descriptor >= 0)
        close(folder->descriptor);
    free(folder->path);
    free(folder);
}

const char *held_folder_path(const struct held_folder *folder) {
    return folder->path;
}

static void set_system(struct error *err, int why, const struct held_folder *folder,
                       const char *name, const char *what) {
    error_set_system(err, why, "%s/%s%s", folder->path, name, what);
}

/* ---- looking ---- */

bool held_folder_look(const struct held_folder *folder, const char *name, struct held_file *out,
                      struct error *err) {
    struct statx status;
    if (statx(folder->descriptor, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
              STATX_TYPE | STATX_INO | STATX_BTIME, &status) != 0) {
        set_system(err, errno, folder, name, "");
        return false;
    }
    *out = (struct held_file){.inode = status.stx_ino, .is_folder = S_ISDIR(status.stx_mode)};
    if ((status.stx_mask & STATX_BTIME) && status.stx_btime.tv_sec > 0)
        out->born_ns = status.stx_btime.tv_sec * INT64_C(1000000000) + status.stx_btime.tv_nsec;
    return true;
}

bool held_file_same(const struct held_file *a, const struct held_file *b) {
    return a->inode == b->inode && (a->born_ns == b->born_ns || a->born_ns == 0 || b->born_ns == 0);
}

/* A descriptor of its own, since a listing moves where its descriptor reads. */
static DIR *open_listing(int folder, const char *name) {
    int descriptor = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *listing = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!listing && descriptor >= 0) {
        int why = errno;
        close(descriptor);
        errno = why;
    }
    return listing;
}

/* NULL at the end, and errno is 0; or it says why. */
static const char *next_name(DIR *listing) {
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(listing); /* NOLINT(concurrency-mt-unsafe): ours */
        if (!entry)
            return NULL;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    }
}

bool held_folder_list(const struct held_folder *folder,
                      bool (*visit)(void *context, const char *name), void *context,
                      struct error *err) {
    DIR *listing = open_listing(folder->descriptor, ".");
    int why = listing ? 0 : errno;
    bool go_on = listing != NULL;
    while (go_on) {
        const char *name = next_name(listing);
        if (!name)
            why = errno;
        go_on = name && visit(context, name);
    }
    if (listing)
        closedir(listing);
    if (why != 0)
        error_set_system(err, why, "%s cannot be listed", folder->path);
    return why == 0;
}

static char *path_of(const struct held_folder *folder, const char *name, struct error *err) {
    char *path = path_join(folder->path, name);
    if (!path)
        error_set(err, ERROR_MEMORY, "%s: out of memory", folder->path);
    return path;
}

bool held_folder_read(const struct held_folder *folder, const char *name, size_t limit,
                      struct blob *out, struct error *err) {
    char *path = path_of(folder, name, err);
    if (!path)
        return false;
    int file =
        openat(folder->descriptor, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    bool ok = false;
    if (file >= 0)
        ok = file_read_open(file, path, limit, out, NULL, err);
    else
        error_set_system(err, errno, "%s cannot be read", path);
    free(path);
    return ok;
}

/* ---- making, moving ---- */

/* What root makes for somebody is of no use to him if he cannot read it. */
static bool give(const struct held_folder *folder, int file) {
    return geteuid() != 0 || (folder->owner == 0 && folder->group == getegid()) ||
           fchown(file, folder->owner, folder->group) == 0;
}

bool held_folder_create(const struct held_folder *folder, const char *name, const void *data,
                        size_t size, unsigned mode, struct error *err) {
    int file = openat(folder->descriptor, name,
                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        set_system(err, errno, folder, name, " cannot be made");
        return false;
    }
    bool ok = give(folder, file) && file_fill(file, data, size, mode);
    int why = errno;
    if (close(file) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok)
        return true;
    unlinkat(folder->descriptor, name, 0);
    set_system(err, why, folder, name, " cannot be written");
    return false;
}

/* 0 or errno. */
static int rename_in(const struct held_folder *folder, const char *from, const char *to,
                     unsigned flags) {
    int at = folder->descriptor;
    int status = flags ? renameat2(at, from, at, to, flags) : renameat(at, from, at, to);
    return status == 0 ? 0 : errno;
}

static bool is_unsupported(int why) {
    return why == EINVAL || why == ENOSYS;
}

bool held_folder_move(const struct held_folder *folder, const char *from, const char *to,
                      struct error *err) {
    struct stat status;
    int why = rename_in(folder, from, to, RENAME_NOREPLACE);
    if (is_unsupported(why)) {
        /* A file system without that flag: who looks first is nearly as sure. */
        bool is_free = fstatat(folder->descriptor, to, &status, AT_SYMLINK_NOFOLLOW) != 0;
        why = is_free ? rename_in(folder, from, to, 0) : EEXIST;
    }
    if (why != 0)
        error_set_system(err, why, "%s/%s cannot be renamed to %s", folder->path, from, to);
    return why == 0;
}

bool held_folder_replace(const struct held_folder *folder, const char *from, const char *to,
                         struct error *err) {
    int why = rename_in(folder, from, to, 0);
    if (why != 0)
        set_system(err, why, folder, to, " cannot be replaced");
    return why == 0;
}

bool held_folder_swap(const struct held_folder *folder, const char *one, const char *other,
                      bool *out, struct error *err) {
    int why = rename_in(folder, one, other, RENAME_EXCHANGE);
    if (why != 0 && !is_unsupported(why)) {
        set_system(err, why, folder, other, " cannot be replaced");
        return false;
    }
    *out = why == 0;
    return true;
}

bool held_folder_sync(const struct held_folder *folder, struct error *err) {
    int why = file_sync_folder(folder->descriptor);
    if (why != 0)
        error_set_system(err, why, "folder %s cannot be synced", folder->path);
    return why == 0;
}

/* ---- removing ---- */

static int remove_in(int folder, const char *name, int depth);

/* 0 or errno. What is mounted in it is somebody else's. */
static int empty(int folder, const char *name, int depth) {
    struct stat outer = {0}, inner = {0};
    DIR *listing = open_listing(folder, name);
    if (!listing)
        return errno;
    int why = fstat(folder, &outer) == 0 && fstat(dirfd(listing), &inner) == 0 ? 0 : errno;
    if (why == 0 && outer.st_dev != inner.st_dev)
        why = EBUSY;
    while (why == 0) {
        const char *inside = next_name(listing);
        if (!inside) {
            why = errno;
            break;
        }
        why = remove_in(dirfd(listing), inside, depth + 1);
    }
    closedir(listing);
    return why;
}

/* 0 or errno. */
static int remove_in(int folder, const char *name, int depth) {
    enum { DEEPEST = 32, MOST_PASSES = 4 };
    if (unlinkat(folder, name, 0) == 0)
        return 0;
    if (errno != EISDIR)
        return errno;
    int why = depth < DEEPEST ? ENOTEMPTY : ELOOP;
    /* A listing may leave out names while others are being removed. */
    for (int pass = 0; pass < MOST_PASSES && (why == ENOTEMPTY || why == EEXIST); pass++) {
        why = empty(folder, name, depth);
        if (why == 0)
            why = unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : errno;
    }
    return why;
}

bool held_folder_remove(const struct held_folder *folder, const char *name, struct error *err) {
    int why = remove_in(folder->descriptor, name, 0);
    if (why != 0)
        set_system(err, why, folder, name, " cannot be removed");
    return why == 0;
}

bool held_folder_may_empty(const struct held_folder *folder, const char *name, struct error *err) {
    int why = faccessat(folder->descriptor, name, R_OK | W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
    if (why != 0)
        set_system(err, why, folder, name, " cannot be removed");
    return why == 0;
}

static bool sweep_one(void *context, const char *name) {
    const struct held_folder *folder = context;
    long maker = file_temporary_maker(name);
    if (maker == 0)
        return true;
    /* A process that lives may be writing it now. One of our own number is of an earlier life:
     * in a container every daemon is number 1. */
    if (maker != (long)getpid() && (kill((pid_t)maker, 0) == 0 || errno == EPERM))
        return true;
    remove_in(folder->descriptor, name, 0);
    return true;
}

void held_folder_sweep(const struct held_folder *folder) {
    held_folder_list(folder, sweep_one, (void *)folder, NULL);
}

void file_sweep(const char *folder) {
    struct held_folder *held;
    if (!held_folder_open(folder, &held, NULL))
        return;
    held_folder_sweep(held);
    held_folder_close(held);
}

/* ---- locking ---- */

bool held_folder_lock(const struct held_folder *folder, const char *name, int64_t wait_ms,
                      struct file_lock **out, struct error *err) {
    bool ok = false;
    char *path = path_of(folder, name, err);
    if (!path)
        return false;
    int file = openat(folder->descriptor, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        error_set_system(err, errno, "%s cannot be opened", path);
    else if ((ok = file_lock_take(file, path, wait_ms, out, err)))
        /* Only now it is known to be a plain file. If it cannot be given, whoever needs it next
         * is told. */
        give(folder, file);
    free(path);
    return ok;
}
