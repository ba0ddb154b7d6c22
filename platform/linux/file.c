#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char temporary_prefix[] = ".mailstored-";
static const char temporary_suffix[] = ".tmp";

/* ---- identity ---- */

static int64_t nanoseconds(struct timespec at) {
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static struct file_identity identity_of(const struct stat *status) {
    return (struct file_identity){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = (uint64_t)status->st_size,
        .modified_ns = nanoseconds(status->st_mtim),
        .changed_ns = nanoseconds(status->st_ctim),
        .mode = status->st_mode & 07777,
        .owner = status->st_uid,
        .is_folder = S_ISDIR(status->st_mode),
        .is_regular = S_ISREG(status->st_mode),
    };
}

bool file_identify(const char *path, struct file_identity *out, struct error *err) {
    struct stat status;
    if (stat(path, &status) != 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    *out = identity_of(&status);
    return true;
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns &&
           a->mode == b->mode && a->owner == b->owner && a->is_folder == b->is_folder &&
           a->is_regular == b->is_regular;
}

bool file_readable_by_all(const struct file_identity *identity) {
    return (identity->mode & S_IROTH) != 0;
}

/* ---- reading ---- */

static bool read_all(int file, size_t size, const char *path, struct blob *out, struct error *err) {
    unsigned char *data = malloc(size + 1);
    size_t used = 0;
    if (!data) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    while (used < size) {
        ssize_t got = read(file, data + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set_system(err, errno, "%s cannot be read", path);
            memory_wipe(data, used);
            free(data);
            return false;
        }
        if (got == 0)
            break;
        used += (size_t)got;
    }
    data[used] = 0;
    *out = (struct blob){data, used};
    return true;
}

static bool read_once(int file, const char *path, size_t limit, struct blob *out,
                      struct file_identity *identity, bool *steady, struct error *err) {
    struct stat before, after;
    if (fstat(file, &before) != 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    if (!S_ISREG(before.st_mode)) {
        error_set(err, ERROR_INPUT, "%s is no regular file", path);
        return false;
    }
    if ((uint64_t)before.st_size > limit) {
        error_set(err, ERROR_INPUT, "%s holds %lld bytes, more than the %zu it may", path,
                  (long long)before.st_size, limit);
        return false;
    }
    if (lseek(file, 0, SEEK_SET) != 0 || !read_all(file, (size_t)before.st_size, path, out, err))
        return false;
    if (fstat(file, &after) != 0)
        after = before;
    *identity = identity_of(&after);
    const struct file_identity then = identity_of(&before);
    *steady = file_identity_equal(identity, &then) && out->size == (size_t)before.st_size;
    return true;
}

bool file_read(const char *path, size_t limit, struct blob *out, struct file_identity *identity,
               struct error *err) {
    enum { MOST_TRIES = 4 };
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        error_set_system(err, errno, "%s cannot be read", path);
        return false;
    }
    struct blob data = {0};
    struct file_identity found;
    bool ok = false, steady = false;
    for (int i = 0; i < MOST_TRIES && !steady; i++) {
        blob_wipe(&data);
        ok = read_once(file, path, limit, &data, &found, &steady, err);
        if (!ok)
            break;
    }
    close(file);
    if (!ok)
        return false;
    *out = data;
    if (identity)
        *identity = found;
    return true;
}

/* ---- writing ---- */

char *path_join(const char *folder, const char *name) {
    char *path;
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    return asprintf(&path, "%s%s%s", folder, slash ? "" : "/", name) < 0 ? NULL : path;
}

char *path_absolute(const char *path) {
    char folder[PATH_MAX];
    if (path[0] == '/')
        return strdup(path);
    return getcwd(folder, sizeof folder) ? path_join(folder, path) : NULL;
}

static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static bool sync_folder(const char *folder) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    /* Some file systems cannot sync a folder; the rename itself has happened. */
    bool ok = fsync(descriptor) == 0 || errno == EINVAL;
    close(descriptor);
    return ok;
}

static char *temporary_name(const char *folder) {
    uint64_t number = 0;
    char name[80];
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return NULL;
    snprintf(name, sizeof name, "%s%ld-%016llx%s", temporary_prefix, (long)getpid(),
             (unsigned long long)number, temporary_suffix);
    return path_join(folder, name);
}

static bool fill(int file, const void *data, size_t size, unsigned mode) {
    const char *at = data;
    if (fchmod(file, mode) != 0)
        return false;
    while (size > 0) {
        ssize_t written = write(file, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return fsync(file) == 0;
}

static bool put_in_place(const char *temporary, const char *path, enum file_policy policy) {
    if (policy == FILE_REPLACE)
        return rename(temporary, path) == 0;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    /* A file system without that flag: a link does not replace either. */
    if (link(temporary, path) != 0)
        return false;
    unlink(temporary);
    return true;
}

bool file_write(const char *path, const void *data, size_t size, unsigned mode,
                enum file_policy policy, struct error *err) {
    char *folder = folder_of(path), *temporary = folder ? temporary_name(folder) : NULL;
    int file = -1;
    bool ok = false, made = false;
    if (!temporary) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        goto done;
    }
    file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        error_set_system(err, errno, "%s cannot be written", path);
        goto done;
    }
    made = true;
    bool filled = fill(file, data, size, mode);
    int why = errno;
    if (close(file) != 0 && filled) {
        filled = false;
        why = errno;
    }
    if (!filled) {
        error_set_system(err, why, "%s cannot be written", path);
        goto done;
    }
    if (!put_in_place(temporary, path, policy)) {
        error_set_system(err, errno, "%s cannot be put in place", path);
        goto done;
    }
    made = false;
    if (!sync_folder(folder)) {
        error_set_system(err, errno, "folder of %s cannot be synced", path);
        goto done;
    }
    ok = true;
done:
    if (made)
        unlink(temporary);
    free(temporary);
    free(folder);
    return ok;
}

static bool sweep_one(void *context, const char *name) {
    const char *folder = context;
    size_t prefix = sizeof temporary_prefix - 1, suffix = sizeof temporary_suffix - 1;
    size_t length = strlen(name);
    if (length <= prefix + suffix || strncmp(name, temporary_prefix, prefix) != 0 ||
        strcmp(name + length - suffix, temporary_suffix) != 0)
        return true;
    long owner = strtol(name + prefix, NULL, 10);
    /* A process that lives may be writing it now; one of our own number is of an earlier life. */
    if (owner > 0 && owner != (long)getpid() && (kill((pid_t)owner, 0) == 0 || errno == EPERM))
        return true;
    char *path = path_join(folder, name);
    if (path)
        unlink(path);
    free(path);
    return true;
}

void file_sweep(const char *folder) {
    folder_list(folder, sweep_one, (void *)folder, NULL);
}

bool file_remove(const char *path, struct error *err) {
    if (unlink(path) == 0)
        return true;
    error_set_system(err, errno, "%s cannot be removed", path);
    return false;
}

/* ---- folders ---- */

bool folder_make(const char *path, unsigned mode, struct error *err) {
    char *copy = strdup(path);
    bool ok = false;
    if (!copy) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    for (char *at = copy + 1; *at; at++)
        if (*at == '/' && at[1] != '\0') {
            *at = '\0';
            if (mkdir(copy, 0755) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES) {
                error_set_system(err, errno, "folder %s cannot be made", copy);
                goto done;
            }
            *at = '/';
        }
    if (mkdir(copy, mode) == 0) {
        ok = chmod(copy, mode) == 0;
        if (!ok)
            error_set_system(err, errno, "folder %s", path);
        goto done;
    }
    int why = errno;
    struct stat status;
    ok = stat(copy, &status) == 0 && S_ISDIR(status.st_mode);
    if (!ok && why == EEXIST)
        error_set(err, ERROR_INPUT, "%s is there, but is no folder", path);
    else if (!ok)
        error_set_system(err, why, "folder %s cannot be made", path);
done:
    free(copy);
    return ok;
}

bool folder_writable(const char *path, struct error *err) {
    char *at = strdup(path);
    bool ok = false;
    while (at) {
        struct stat status;
        if (stat(at, &status) == 0) {
            if (!S_ISDIR(status.st_mode))
                error_set(err, ERROR_INPUT, "%s is no folder", at);
            else if (access(at, W_OK | X_OK) != 0)
                error_set_system(err, errno, "%s cannot be written", at);
            else
                ok = true;
            break;
        }
        if (errno != ENOENT) {
            error_set_system(err, errno, "%s", at);
            break;
        }
        char *parent = folder_of(at);
        free(at);
        at = parent;
    }
    free(at);
    return ok;
}

bool folder_list(const char *path, bool (*visit)(void *context, const char *name), void *context,
                 struct error *err) {
    DIR *folder = opendir(path);
    if (!folder) {
        error_set_system(err, errno, "%s cannot be listed", path);
        return false;
    }
    bool go_on = true;
    errno = 0;
    for (struct dirent *entry; go_on && (entry = readdir(folder)); errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            go_on = visit(context, entry->d_name);
    bool ok = !go_on || errno == 0;
    if (!ok)
        error_set_system(err, errno, "%s cannot be listed", path);
    closedir(folder);
    return ok;
}

/* ---- where links lead ---- */

void file_trail(const char *path, void (*visit)(void *context, const char *folder), void *context) {
    enum { MOST_LINKS = 40 };
    char *rest = path_absolute(path);
    char done[PATH_MAX] = "";
    int links = 0;
    if (!rest)
        return;
    for (char *at = rest; at;) {
        at += strspn(at, "/");
        size_t size = strcspn(at, "/");
        if (size == 0)
            break;
        bool last = at[size + strspn(at + size, "/")] == '\0';
        if (last)
            visit(context, done[0] ? done : "/");
        if (size == 1 && at[0] == '.') {
            at += size;
            continue;
        }
        if (size == 2 && at[0] == '.' && at[1] == '.') {
            char *slash = strrchr(done, '/');
            if (slash)
                *slash = '\0';
            at += size;
            continue;
        }
        size_t length = strlen(done);
        if (length + size + 2 > sizeof done)
            break;
        done[length] = '/';
        memcpy(done + length + 1, at, size);
        done[length + 1 + size] = '\0';
        char target[PATH_MAX];
        ssize_t got = readlink(done, target, sizeof target - 1);
        if (got < 0) {
            at += size;
            continue;
        }
        target[got] = '\0';
        done[length] = '\0';
        visit(context, length ? done : "/");
        char *next;
        if (++links > MOST_LINKS || asprintf(&next, "%s/%s", target, at + size) < 0)
            break;
        if (target[0] == '/')
            done[0] = '\0';
        free(rest);
        rest = at = next;
    }
    free(rest);
}

/* ---- lock ---- */

struct file_lock {
    int file;
};

static void read_owner(int file, char *out, size_t size) {
    ssize_t got = pread(file, out, size - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

bool file_lock_acquire(const char *path, struct file_lock **out, struct error *err) {
    struct file_lock *lock = malloc(sizeof *lock);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (!lock || file < 0) {
        error_set_system(err, lock ? errno : ENOMEM, "%s cannot be opened", path);
        goto failed;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        char owner[32];
        int why = errno;
        read_owner(file, owner, sizeof owner);
        if (why == EWOULDBLOCK)
            error_set(err, ERROR_BUSY, "%s is held by process %s", path, owner[0] ? owner : "?");
        else
            error_set_system(err, why, "%s cannot be locked", path);
        goto failed;
    }
    char number[32];
    int size = snprintf(number, sizeof number, "%ld\n", (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, number, (size_t)size, 0) != size)
        (void)0; /* a full disk: the lock holds without its note */
    *out = lock;
    lock->file = file;
    return true;
failed:
    if (file >= 0)
        close(file);
    free(lock);
    return false;
}

void file_lock_release(struct file_lock *lock) {
    if (!lock)
        return;
    close(lock->file);
    free(lock);
}
