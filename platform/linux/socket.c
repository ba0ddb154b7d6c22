#include "platform/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

bool socket_address_parse(const char *text, uint16_t port, struct socket_address *out) {
    struct socket_address address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    char host[INET6_ADDRSTRLEN + 1];
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address.size = sizeof *v4;
        *out = address;
        return true;
    }
    const char *zone = strchr(text, '%');
    size_t size = zone ? (size_t)(zone - text) : strlen(text);
    if (size >= sizeof host)
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
        return false;
    if (zone) {
        v6->sin6_scope_id = if_nametoindex(zone + 1);
        if (v6->sin6_scope_id == 0)
            return false;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
    *out = address;
    return true;
}

const char *socket_address_host(const struct sockaddr *address, char out[static SOCKET_TEXT_SIZE]) {
    strcpy(out, "?");
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, SOCKET_TEXT_SIZE);
    else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6))
            inet_ntop(AF_INET, v6->s6_addr + 12, out, SOCKET_TEXT_SIZE);
        else
            inet_ntop(AF_INET6, v6, out, SOCKET_TEXT_SIZE);
    }
    return out;
}

uint16_t socket_address_port(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (address->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    return 0;
}

const char *socket_address_text(const struct sockaddr *address, char out[static SOCKET_TEXT_SIZE]) {
    char host[SOCKET_TEXT_SIZE];
    socket_address_host(address, host);
    snprintf(out, SOCKET_TEXT_SIZE, strchr(host, ':') ? "[%.64s]:%u" : "%.64s:%u", host,
             (unsigned)socket_address_port(address));
    return out;
}

static bool listen_on(const struct socket_address *address, bool v6_only, int *out) {
    int one = 1, zero = 0;
    int descriptor =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0)
        return false;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address->storage.ss_family == AF_INET6)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, v6_only ? &one : &zero, sizeof one);
    if (bind(descriptor, (const struct sockaddr *)&address->storage, address->size) == 0 &&
        listen(descriptor, SOMAXCONN) == 0) {
        *out = descriptor;
        return true;
    }
    int why = errno;
    close(descriptor);
    errno = why;
    return false;
}

static const char *mend_for(int errno_value) {
    switch (errno_value) {
    case EADDRINUSE:
        return "; another program listens there (ss -ltnp tells which)";
    case EACCES:
        return "; ports below 1024 need CAP_NET_BIND_SERVICE";
    case EADDRNOTAVAIL:
        return "; this host does not have that address";
    default:
        return "";
    }
}

bool socket_listen(const char *host, uint16_t port, int *out, struct error *err) {
    struct socket_address address;
    bool any = strcmp(host, "*") == 0;
    if (!socket_address_parse(any ? "::" : host, port, &address)) {
        error_set(err, ERROR_INPUT, "%s is no address", host);
        return false;
    }
    if (listen_on(&address, !any, out))
        return true;
    if (any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        socket_address_parse("0.0.0.0", port, &address);
        if (listen_on(&address, false, out))
            return true;
    }
    int why = errno;
    error_set_system(err, why, "cannot listen on %s port %u", host, (unsigned)port);
    const struct error cause = *err;
    error_set(err, cause.kind, "%s%s", cause.text, mend_for(why));
    return false;
}

bool socket_bound_address(int descriptor, struct socket_address *out, struct error *err) {
    out->size = sizeof out->storage;
    if (getsockname(descriptor, (struct sockaddr *)&out->storage, &out->size) == 0)
        return true;
    error_set_system(err, errno, "a socket has no address");
    return false;
}

bool socket_accept(int listener, int *out, struct error *err) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        *out = descriptor;
        return true;
    }
    bool none = errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
    error_set_system(err, none ? EAGAIN : errno, "no connection to accept");
    return false;
}

void socket_close(int descriptor) {
    if (descriptor >= 0)
        close(descriptor);
}

bool socket_set_timeout(int descriptor, int timeout_ms, struct error *err) {
    struct timeval limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0)
        return true;
    error_set_system(err, errno, "a socket takes no timeout");
    return false;
}

/* ---- local sockets ---- */

enum { LOCAL_CONNECT_TIMEOUT_MS = 5000 };

/* A path that does not fit is named through a descriptor of its folder. */
static bool local_address(const char *path, struct sockaddr_un *out, int *folder,
                          struct error *err) {
    *folder = -1;
    out->sun_family = AF_UNIX;
    if (strlen(path) < sizeof out->sun_path) {
        strcpy(out->sun_path, path);
        return true;
    }
    const char *slash = strrchr(path, '/');
    char *parent = strndup(path, slash ? (size_t)(slash - path) : 0);
    if (slash && parent)
        *folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(parent);
    if (*folder < 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    int size =
        snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s", *folder, slash + 1);
    if (size < (int)sizeof out->sun_path)
        return true;
    error_set(err, ERROR_INPUT, "%s: the name is too long", path);
    close(*folder);
    return false;
}

bool socket_local_connect(const char *path, int *out, struct error *err) {
    struct sockaddr_un address = {0};
    int folder, descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    if (!local_address(path, &address, &folder, err)) {
        close(descriptor);
        return false;
    }
    /* Who hangs lets nobody in once its backlog is full: that must not hang us. */
    bool ok = socket_set_timeout(descriptor, LOCAL_CONNECT_TIMEOUT_MS, NULL) &&
              connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    int why = errno == ECONNREFUSED ? ENOENT : errno;
    if (folder >= 0)
        close(folder);
    if (ok) {
        *out = descriptor;
        return true;
    }
    error_set_system(err, why, "%s", path);
    close(descriptor);
    return false;
}

bool socket_local_listen(const char *path, int *out, struct error *err) {
    struct sockaddr_un address = {0};
    struct stat status;
    struct error other_error = {0};
    int folder, other = -1;
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode)) {
            error_set(err, ERROR_EXISTS, "%s is there, but is no socket", path);
            return false;
        }
        if (socket_local_connect(path, &other, &other_error) || other_error.kind == ERROR_BUSY) {
            socket_close(other);
            error_set(err, ERROR_BUSY, "%s is in use by another daemon", path);
            return false;
        }
        unlink(path);
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        error_set_system(err, errno, "%s", path);
        return false;
    }
    if (!local_address(path, &address, &folder, err)) {
        close(descriptor);
        return false;
    }
    mode_t mask = umask(0177); /* of the whole process: called before threads make files */
    bool ok = bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    int why = errno;
    umask(mask);
    if (folder >= 0)
        close(folder);
    if (ok && listen(descriptor, 32) == 0) {
        *out = descriptor;
        return true;
    }
    error_set_system(err, ok ? errno : why, "cannot listen on %s", path);
    close(descriptor);
    return false;
}

bool socket_connect(const struct socket_address *address, int timeout_ms, int *out,
                    struct error *err) {
    char text[SOCKET_TEXT_SIZE];
    socket_address_text((const struct sockaddr *)&address->storage, text);
    int descriptor =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0) {
        error_set_system(err, errno, "%s", text);
        return false;
    }
    int status = connect(descriptor, (const struct sockaddr *)&address->storage, address->size);
    int why = status == 0 ? 0 : errno;
    if (why == EINPROGRESS) {
        struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
        socklen_t size = sizeof why;
        if (poll(&wait, 1, timeout_ms) == 0)
            why = ETIMEDOUT;
        else
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &why, &size);
    }
    if (why != 0) {
        error_set_system(err, why, "%s does not answer", text);
        close(descriptor);
        return false;
    }
    socket_set_timeout(descriptor, timeout_ms, NULL);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
    *out = descriptor;
    return true;
}
