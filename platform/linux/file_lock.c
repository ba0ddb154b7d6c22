#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { NOTE_SIZE = 32 };

struct file_lock {
    int file;
};

/* Who holds it; empty while that process has not written it yet. */
static void read_owner(int file, char out[static NOTE_SIZE]) {
    ssize_t got = pread(file, out, NOTE_SIZE - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* For a person to read. The lock holds without it, so a full disk is no failure. */
static void write_owner(int file) {
    char note[NOTE_SIZE];
    int size = snprintf(note, sizeof note, "%ld\n", (long)getpid());
    if (ftruncate(file, 0) == 0)
        (void)!pwrite(file, note, (size_t)size, 0);
}

bool file_lock_acquire(const char *path, struct file_lock **out, struct error *err) {
    struct file_lock *lock = malloc(sizeof *lock);
    if (!lock) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    lock->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->file < 0) {
        error_set_system(err, errno, "%s cannot be opened", path);
        free(lock);
        return false;
    }
    if (flock(lock->file, LOCK_EX | LOCK_NB) == 0) {
        write_owner(lock->file);
        *out = lock;
        return true;
    }
    if (errno == EWOULDBLOCK) {
        char owner[NOTE_SIZE];
        read_owner(lock->file, owner);
        error_set(err, ERROR_BUSY, "%s is held by %s%s", path,
                  owner[0] ? "process " : "another process", owner);
    } else
        error_set_system(err, errno, "%s cannot be locked", path);
    file_lock_release(lock);
    return false;
}

void file_lock_release(struct file_lock *lock) {
    if (!lock)
        return;
    close(lock->file);
    free(lock);
}
