#include "write_calls.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>

struct write_calls write_calls;

void write_calls_arm(long kill_at, long fail_at) {
    write_calls.kill_at = kill_at;
    write_calls.fail_at = fail_at;
    write_calls.made = 0;
}

/* Before each call. True: it is to fail. */
static bool strikes(void) {
    void (*look)(void *context) = write_calls.looker;
    write_calls.made++;
    if (look) {
        write_calls.looker = NULL;
        look(write_calls.looker_context);
        write_calls.looker = look;
    }
    if (write_calls.made == write_calls.kill_at)
        child_ends(CHILD_CANNOT);
    errno = EIO;
    return write_calls.made == write_calls.fail_at;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_openat(int folder, const char *name, int flags, ...);
ssize_t __real_write(int file, const void *data, size_t size);
ssize_t __real_pwrite(int file, const void *data, size_t size, off_t at);
int __real_ftruncate(int file, off_t size);
int __real_fsync(int file);
int __real_fchmod(int file, mode_t mode);
int __real_fchown(int file, uid_t owner, gid_t group);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_openat(int folder, const char *name, int flags, ...);
ssize_t __wrap_write(int file, const void *data, size_t size);
ssize_t __wrap_pwrite(int file, const void *data, size_t size, off_t at);
int __wrap_ftruncate(int file, off_t size);
int __wrap_fsync(int file);
int __wrap_fchmod(int file, mode_t mode);
int __wrap_fchown(int file, uid_t owner, gid_t group);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __wrap_unlinkat(int folder, const char *name, int flags);

int __wrap_openat(int folder, const char *name, int flags, ...) {
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
        if (strikes())
            return -1;
    }
    return __real_openat(folder, name, flags, mode);
}

/* It can be cut short, too. */
ssize_t __wrap_write(int file, const void *data, size_t size) {
    if (write_calls.made + 1 == write_calls.kill_at && size > 1)
        (void)!__real_write(file, data, size / 2);
    return strikes() ? -1 : __real_write(file, data, size);
}

ssize_t __wrap_pwrite(int file, const void *data, size_t size, off_t at) {
    return strikes() ? -1 : __real_pwrite(file, data, size, at);
}

int __wrap_ftruncate(int file, off_t size) {
    return strikes() ? -1 : __real_ftruncate(file, size);
}

int __wrap_fsync(int file) {
    return strikes() ? -1 : __real_fsync(file);
}

int __wrap_fchmod(int file, mode_t mode) {
    return strikes() ? -1 : __real_fchmod(file, mode);
}

int __wrap_fchown(int file, uid_t owner, gid_t group) {
    return strikes() ? -1 : __real_fchown(file, owner, group);
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return strikes() ? -1 : __real_renameat(from_folder, from, to_folder, to);
}

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags) {
    if (write_calls.no_swap) {
        errno = EINVAL;
        return -1;
    }
    return strikes() ? -1 : __real_renameat2(from_folder, from, to_folder, to, flags);
}

int __wrap_unlinkat(int folder, const char *name, int flags) {
    return strikes() ? -1 : __real_unlinkat(folder, name, flags);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
