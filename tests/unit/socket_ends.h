/* Ends of connections: pairs of them, and what each of ours must be. */
#pragma once

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 30000 }; /* for what must come; only a broken build waits so long */

static inline void pair(int ends[static 2]) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static inline void close_pair(const int ends[static 2]) {
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
}

static inline void assert_descriptor(int descriptor, bool blocking) {
    assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
    assert_int_equal((fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0, blocking);
}
