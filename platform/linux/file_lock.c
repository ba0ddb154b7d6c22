#include "platform/file.h"

#include "base/time_text.h"
#include "platform/linux/file_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
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

/* Locks the open file, trying again until the time is up. Gives 0 or errno. */
static int lock(int file, int64_t wait_ms) {
    enum { PAUSE_NS = 20000000 };
    const struct timespec pause = {0, PAUSE_NS};
    int64_t until = time_monotonic_ms() + wait_ms;
    while (flock(file, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        if (why != EWOULDBLOCK || time_monotonic_ms() >= until)
            return why;
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* A name somebody else made may stand for a file of ours elsewhere, which a note would ruin. */
static bool is_plain(int file) {
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink <= 1;
}

static void set_busy(int file, const char *path, struct error *err) {
    char owner[NOTE_SIZE];
    read_owner(file, owner);
    error_set(err, ERROR_BUSY, "%s is held by %s%s", path,
              owner[0] ? "process " : "another process", owner);
}

bool file_lock_take(int file, const char *path, int64_t wait_ms, struct file_lock **out,
                    struct error *err) {
    struct file_lock *taken = malloc(sizeof *taken);
    if (!taken) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        close(file);
        return false;
    }
    taken->file = file;
    int why = is_plain(file) ? lock(file, wait_ms) : EINVAL;
    if (why == 0) {
        write_owner(file);
        *out = taken;
        return true;
    }
    if (why == EWOULDBLOCK)
        set_busy(file, path, err);
    else
        error_set_system(err, why, "%s cannot be locked", path);
    file_lock_release(taken);
    return false;
}

bool file_lock_acquire(const char *path, struct file_lock **out, struct error *err) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0)
        return file_lock_take(file, path, 0, out, err);
    error_set_system(err, errno, "%s cannot be opened", path);
    return false;
}

void file_lock_release(struct file_lock *lock) {
    if (!lock)
        return;
    close(lock->file);
    free(lock);
}
