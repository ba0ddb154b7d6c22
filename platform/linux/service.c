#include "platform/service.h"

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

static void notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return;
    strcpy(address.sun_path, path);
    if (path[0] == '@') /* the abstract namespace */
        address.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
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

void service_notify_status(const char *status) {
    char text[512];
    snprintf(text, sizeof text, "STATUS=%s", status);
    notify(text);
}

void service_notify_watchdog(void) {
    notify("WATCHDOG=1");
}

int64_t service_watchdog_interval_ms(void) {
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return strtoll(usec, NULL, 10) / 2000;
}

bool service_logs_to_journal(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void service_take_sockets(bool (*take)(void *context, int descriptor, const char *name),
                          void *context) {
    enum { FIRST = 3 };
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid())
        return;
    char *copy = strdup(names ? names : ""), *rest = copy;
    for (int i = 0; i < (int)strtol(count, NULL, 10); i++) {
        const char *name = rest ? strsep(&rest, ":") : NULL;
        int descriptor = FIRST + i;
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        if (!take(context, descriptor, name ? name : ""))
            close(descriptor);
    }
    free(copy);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}
