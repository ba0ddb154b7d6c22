#include "platform/socket.h"

#include "base/time_text.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- listening ---- */

/* The descriptor, or -1 with errno. */
static int listen_on(const struct socket_address *address, bool v6_only) {
    int on = 1, v6_alone = v6_only;
    int descriptor =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0)
        return -1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (address->storage.ss_family != AF_INET6 ||
         setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &v6_alone, sizeof v6_alone) == 0) &&
        bind(descriptor, (const struct sockaddr *)&address->storage, address->size) == 0 &&
        listen(descriptor, SOMAXCONN) == 0) {
        socket_send_at_once(descriptor);
        return descriptor;
    }
    int why = errno;
    close(descriptor);
    errno = why;
    return -1;
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
    int descriptor = listen_on(&address, !any);
    if (descriptor < 0 && any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        socket_address_parse("0.0.0.0", port, &address);
        descriptor = listen_on(&address, false);
    }
    if (descriptor >= 0) {
        *out = descriptor;
        return true;
    }
    int why = errno;
    struct error cause;
    error_set_system(&cause, why, "cannot listen on %s port %u", host, (unsigned)port);
    error_set(err, cause.kind, "%s%s", cause.text, mend_for(why));
    return false;
}

bool socket_bound_address(int descriptor, struct socket_address *out, struct error *err) {
    struct socket_address address = {.size = sizeof address.storage};
    if (getsockname(descriptor, (struct sockaddr *)&address.storage, &address.size) != 0) {
        error_set_system(err, errno, "a socket has no address");
        return false;
    }
    *out = address;
    return true;
}

bool socket_peer_address(int descriptor, struct socket_address *out, struct error *err) {
    struct socket_address address = {.size = sizeof address.storage};
    if (getpeername(descriptor, (struct sockaddr *)&address.storage, &address.size) != 0) {
        error_set_system(err, errno, "a socket has no peer");
        return false;
    }
    *out = address;
    return true;
}

/* Is it the one connection that is lost, not the listener? Linux hands errors that were waiting on
 * the new connection to accept (accept(2), "Error handling"). */
static bool is_about_the_connection(int errno_value) {
    switch (errno_value) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EPERM: /* a packet filter's word */
        return true;
    default:
        return false;
    }
}

bool socket_accept(int listener, int *out, struct error *err) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
        int why = errno;
        error_set_system(err, is_about_the_connection(why) ? EAGAIN : why,
                         "no connection to accept");
        return false;
    }
    *out = descriptor;
    return true;
}

bool socket_share(int descriptor, int *out, struct error *err) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        error_set_system(err, errno, "a socket cannot be shared");
        return false;
    }
    *out = copy;
    return true;
}

void socket_send_at_once(int descriptor) {
    /* Else a TLS server's first flight, sent in pieces, waits for the client's acknowledgement. */
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void socket_stop_listening(int descriptor) {
    shutdown(descriptor, SHUT_RDWR);
}

void socket_close(int descriptor) {
    if (descriptor >= 0)
        close(descriptor);
}

/* ---- connecting ---- */

bool socket_set_timeout(int descriptor, int timeout_ms, struct error *err) {
    struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000L};
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0)
        return true;
    error_set_system(err, errno, "a socket takes no timeout");
    return false;
}

/* How a connection under way ended: 0 or an errno value. */
static int connection_result(int descriptor, int timeout_ms) {
    struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
    int64_t deadline_ms = time_monotonic_ms() + timeout_ms;
    int ready, result = 0;
    do {
        int64_t left_ms = deadline_ms - time_monotonic_ms();
        ready = poll(&wait, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? ETIMEDOUT : errno;
    socklen_t size = sizeof result;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &size) == 0 ? result : errno;
}

static bool set_blocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0;
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
    int why = 0;
    if (connect(descriptor, (const struct sockaddr *)&address->storage, address->size) != 0)
        why = errno == EINPROGRESS || errno == EINTR ? connection_result(descriptor, timeout_ms)
                                                     : errno;
    if (why != 0) {
        struct error cause;
        error_set_system(&cause, why, "%s does not answer", text);
        error_set(err, ERROR_UNREACHABLE, "%s", cause.text);
        close(descriptor);
        return false;
    }
    if (!socket_set_timeout(descriptor, timeout_ms, err)) {
        close(descriptor);
        return false;
    }
    if (!set_blocking(descriptor)) {
        error_set_system(err, errno, "%s", text);
        close(descriptor);
        return false;
    }
    *out = descriptor;
    return true;
}
