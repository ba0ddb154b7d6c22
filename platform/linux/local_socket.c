#include "platform/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_MS = 5000, BACKLOG = 32 };

/* A path that does not fit is named through a descriptor of its folder, which stays open as long
 * as the address is used: `folder`, or -1. */
static bool local_address(const char *path, struct sockaddr_un *out, int *folder,
                          struct error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *slash = strrchr(path, '/');
    *folder = -1;
    if (strlen(path) < sizeof address.sun_path) {
        memcpy(address.sun_path, path, strlen(path));
        *out = address;
        return true;
    }
    char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
    int descriptor = parent ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    int why = parent ? errno : slash ? ENOMEM : ENAMETOOLONG;
    free(parent);
    if (descriptor < 0) {
        error_set_system(err, why, "%s", path);
        return false;
    }
    int size = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s",
                        descriptor, slash + 1);
    if (size >= (int)sizeof address.sun_path) {
        error_set_system(err, ENAMETOOLONG, "%s", path);
        close(descriptor);
        return false;
    }
    *out = address;
    *folder = descriptor;
    return true;
}

enum local_use { LOCAL_BIND, LOCAL_CONNECT };

static bool use_path(enum local_use use, int descriptor, const char *path, struct error *err) {
    struct sockaddr_un address;
    int folder;
    if (!local_address(path, &address, &folder, err))
        return false;
    const struct sockaddr *generic = (const struct sockaddr *)&address;
    int status = use == LOCAL_BIND ? bind(descriptor, generic, sizeof address)
                                   : connect(descriptor, generic, sizeof address);
    /* A socket that nobody listens on any more is as good as none. */
    int why = errno == ECONNREFUSED ? ENOENT : errno;
    socket_close(folder);
    if (status != 0)
        error_set_system(err, why, "%s", path);
    return status == 0;
}

bool socket_local_connect(const char *path, int *out, struct error *err) {
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    /* Who hangs lets nobody in once its backlog is full: that must not hang us. */
    if (!socket_set_timeout(descriptor, CONNECT_TIMEOUT_MS, err) ||
        !use_path(LOCAL_CONNECT, descriptor, path, err)) {
        close(descriptor);
        return false;
    }
    *out = descriptor;
    return true;
}

/* Makes way at `path`: nothing there, or only a socket that nobody listens on. */
static bool clear_stale(const char *path, struct error *err) {
    struct stat status;
    struct error why = {0};
    int other = -1;
    if (lstat(path, &status) != 0)
        return true; /* bind says what is wrong, if anything is */
    if (!S_ISSOCK(status.st_mode)) {
        error_set(err, ERROR_EXISTS, "%s is there, but is no socket", path);
        return false;
    }
    if (socket_local_connect(path, &other, &why) || why.kind == ERROR_BUSY) {
        socket_close(other);
        error_set(err, ERROR_BUSY, "%s is in use by another daemon", path);
        return false;
    }
    if (why.kind != ERROR_MISSING) {
        /* It may be alive, with us not allowed to ask. */
        error_set(err, why.kind, "%s", why.text);
        return false;
    }
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    error_set_system(err, errno, "%s cannot be removed", path);
    return false;
}

bool socket_local_listen(const char *path, int *out, struct error *err) {
    if (!clear_stale(path, err))
        return false;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    /* Linux gives the file the mode that the socket has when it is bound: never wider than this,
     * and without touching the umask, which all threads share. */
    if (fchmod(descriptor, 0600) != 0) {
        error_set_system(err, errno, "%s", path);
        close(descriptor);
        return false;
    }
    if (!use_path(LOCAL_BIND, descriptor, path, err)) {
        error_prefix(err, "cannot listen");
        close(descriptor);
        return false;
    }
    if (listen(descriptor, BACKLOG) != 0) {
        error_set_system(err, errno, "cannot listen on %s", path);
        unlink(path);
        close(descriptor);
        return false;
    }
    *out = descriptor;
    return true;
}

/* The file itself, wherever its name leads by now; what the umask held back is given now. */
static bool let_group_in(const char *path, struct error *err) {
    char name[64];
    struct stat status;
    int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    bool ok = file >= 0 && fstat(file, &status) == 0 && S_ISSOCK(status.st_mode) &&
              chmod(name, 0660) == 0;
    if (!ok)
        error_set_system(err, errno, "%s: the group cannot be let in", path);
    socket_close(file);
    return ok;
}

bool socket_local_listen_for_group(const char *path, int *out, struct error *err) {
    int descriptor;
    if (!socket_local_listen(path, &descriptor, err))
        return false;
    if (let_group_in(path, err)) {
        *out = descriptor;
        return true;
    }
    unlink(path);
    close(descriptor);
    return false;
}
