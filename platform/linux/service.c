#include "platform/service.h"

#include "platform/file.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Only the loop's thread looks into the environment, and only service_take_sockets changes it. */
static const char *environment(const char *name) {
    return getenv(name); /* NOLINT(concurrency-mt-unsafe) */
}

static void notify(const char *state) {
    const char *path = environment("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length < 2 || (path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* the abstract namespace */
        address.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return;
    /* Nobody to tell if it fails: the service manager's own timeout tells the administrator. */
    (void)!sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                  size);
    close(descriptor);
}

void service_notify_ready(const char *status) {
    char text[512];
    snprintf(text, sizeof text, "READY=1\nSTATUS=%s", status);
    notify(text);
}

void service_notify_reloading(void) {
    struct timespec now;
    char text[80];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify(text);
}

void service_notify_stopping(void) {
    notify("STOPPING=1");
}

void service_notify_watchdog(void) {
    notify("WATCHDOG=1");
}

/* Is what the variable holds, a process id, ours? Else it was meant for an ancestor. */
static bool is_for_us(const char *pid) {
    return strtol(pid, NULL, 10) == (long)getpid();
}

int64_t service_watchdog_interval_ms(void) {
    const char *usec = environment("WATCHDOG_USEC"), *pid = environment("WATCHDOG_PID");
    if (!usec || (pid && !is_for_us(pid)))
        return 0;
    long long limit_us = strtoll(usec, NULL, 10);
    return limit_us > 0 ? limit_us / 2000 : 0;
}

bool service_logs_to_journal(void) {
    const char *stream = environment("JOURNAL_STREAM"); /* "device:inode" */
    struct stat status;
    char *rest;
    if (!stream || fstat(STDERR_FILENO, &status) != 0)
        return false;
    unsigned long long device = strtoull(stream, &rest, 10);
    if (rest == stream || *rest != ':')
        return false;
    const char *second = rest + 1;
    unsigned long long inode = strtoull(second, &rest, 10);
    return rest != second && *rest == '\0' && status.st_dev == device && status.st_ino == inode;
}

bool service_credential(const char *name, char **out, struct error *err) {
    const char *folder = environment("CREDENTIALS_DIRECTORY");
    char *path = NULL;
    if (folder && *folder && !(path = path_join(folder, name))) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *out = path;
    return true;
}

static bool prepare(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

void service_take_sockets(bool (*take)(void *context, int descriptor, const char *name),
                          void *context) {
    enum { FIRST = 3, MOST = 1024 };
    const char *pid = environment("LISTEN_PID"), *number = environment("LISTEN_FDS");
    const char *names = environment("LISTEN_FDNAMES");
    if (!pid || !number || !is_for_us(pid))
        return;
    long count = strtol(number, NULL, 10);
    char *copy = strdup(names ? names : ""), *rest = copy;
    for (int i = 0; i < count && i < MOST; i++) {
        const char *name = rest ? strsep(&rest, ":") : NULL;
        int descriptor = FIRST + i;
        if (prepare(descriptor) && !take(context, descriptor, name ? name : ""))
            close(descriptor);
    }
    free(copy);
    static const char *const done[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
        unsetenv(done[i]); /* NOLINT(concurrency-mt-unsafe) */
}
