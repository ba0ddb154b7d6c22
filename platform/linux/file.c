#include "platform/file.h"

#include "platform/linux/file_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* As many bytes as there are, up to `size`. */
static bool read_bytes(int file, size_t size, const char *path, struct blob *out,
                       struct error *err) {
    unsigned char *data = malloc(size + 1);
    size_t used = 0;
    if (!data) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    while (used < size) {
        ssize_t got = pread(file, data + used, size - used, (off_t)used);
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

/* Gives the bytes and the identity the file had before they were read; `steady` tells whether it
 * has the same one after. */
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
    if (!read_bytes(file, (size_t)before.st_size, path, out, err))
        return false;
    *identity = identity_of(&before);
    struct file_identity now = {0};
    if (fstat(file, &after) == 0)
        now = identity_of(&after);
    *steady = file_identity_equal(identity, &now) && out->size == now.size;
    return true;
}

bool file_read_open(int file, const char *path, size_t limit, struct blob *out,
                    struct file_identity *identity, struct error *err) {
    enum { MOST_TRIES = 4 };
    struct blob data = {0};
    struct file_identity found = {0};
    bool ok = true, steady = false;
    for (int i = 0; i < MOST_TRIES && ok && !steady; i++) {
        blob_wipe(&data);
        ok = read_once(file, path, limit, &data, &found, &steady, err);
    }
    close(file);
    if (!ok)
        return false;
    /* A file that never holds still is given as it was last read. Its identity is the one from
     * before, which the file no longer has: whoever compares it reads again. */
    *out = data;
    if (identity)
        *identity = found;
    return true;
}

bool file_read(const char *path, size_t limit, struct blob *out, struct file_identity *identity,
               struct error *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file >= 0)
        return file_read_open(file, path, limit, out, identity, err);
    int why = errno;
    if (why == ENXIO) /* a socket, or a device that is not there */
        error_set(err, ERROR_INPUT, "%s is no regular file", path);
    else
        error_set_system(err, why, "%s cannot be read", path);
    return false;
}

/* ---- writing ---- */

int file_sync_folder(int folder) {
    return fsync(folder) == 0 || errno == EINVAL ? 0 : errno;
}

static bool sync_folder(const char *folder, struct error *err) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int why = descriptor >= 0 ? file_sync_folder(descriptor) : errno;
    if (descriptor >= 0)
        close(descriptor);
    if (why != 0)
        error_set_system(err, why, "folder %s cannot be synced", folder);
    return why == 0;
}

bool file_temporary_name(char out[static FILE_TEMPORARY_SIZE], struct error *err) {
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        error_set_system(err, errno, "no random number for a file's name");
        return false;
    }
    snprintf(out, FILE_TEMPORARY_SIZE, "%s%ld-%016" PRIx64 "%s", temporary_prefix, (long)getpid(),
             number, temporary_suffix);
    return true;
}

static char *temporary_path(const char *folder, struct error *err) {
    char name[FILE_TEMPORARY_SIZE];
    if (!file_temporary_name(name, err))
        return NULL;
    char *path = path_join(folder, name);
    if (!path)
        error_set(err, ERROR_MEMORY, "%s: out of memory", folder);
    return path;
}

bool file_fill(int file, const void *data, size_t size, unsigned mode) {
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

static bool make_filled(const char *temporary, const void *data, size_t size, unsigned mode) {
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return false;
    bool ok = file_fill(file, data, size, mode);
    int why = errno;
    if (close(file) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (!ok)
        unlink(temporary);
    errno = why;
    return ok;
}

/* The temporary name is gone afterwards, either way. */
static bool put_in_place(const char *temporary, const char *path, enum file_policy policy) {
    if (policy == FILE_REPLACE && rename(temporary, path) == 0)
        return true;
    if (policy == FILE_NEW_ONLY) {
        if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
            return true;
        /* A file system without that flag: a link does not replace either. */
        if ((errno == EINVAL || errno == ENOSYS) && link(temporary, path) == 0) {
            unlink(temporary);
            return true;
        }
    }
    int why = errno;
    unlink(temporary);
    errno = why;
    return false;
}

bool file_write(const char *path, const void *data, size_t size, unsigned mode,
                enum file_policy policy, struct error *err) {
    char *folder = path_folder(path), *temporary = NULL;
    bool ok = false;
    if (!folder) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        goto done;
    }
    temporary = temporary_path(folder, err);
    if (!temporary)
        goto done;
    if (!make_filled(temporary, data, size, mode)) {
        error_set_system(err, errno, "%s cannot be written", path);
        goto done;
    }
    if (!put_in_place(temporary, path, policy)) {
        error_set_system(err, errno, "%s cannot be put in place", path);
        goto done;
    }
    ok = sync_folder(folder, err);
done:
    free(temporary);
    free(folder);
    return ok;
}

long file_temporary_maker(const char *name) {
    size_t prefix = sizeof temporary_prefix - 1, suffix = sizeof temporary_suffix - 1;
    size_t length = strlen(name);
    char *end;
    if (length <= prefix + suffix || strncmp(name, temporary_prefix, prefix) != 0 ||
        strcmp(name + length - suffix, temporary_suffix) != 0)
        return 0;
    long maker = strtol(name + prefix, &end, 10);
    return *end == '-' && maker > 0 && maker <= INT_MAX ? maker : 0;
}

bool file_is_temporary(const char *name) {
    return file_temporary_maker(name) != 0 && !strchr(name, '/');
}

bool file_remove(const char *path, struct error *err) {
    if (unlink(path) == 0)
        return true;
    error_set_system(err, errno, "%s cannot be removed", path);
    return false;
}
