#include "platform/readiness.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct readiness {
    int epoll;
    int wake;
};

bool readiness_create(struct readiness **out, struct error *err) {
    struct readiness *readiness = calloc(1, sizeof *readiness);
    if (!readiness) {
        error_set(err, ERROR_MEMORY, "readiness: out of memory");
        return false;
    }
    readiness->epoll = epoll_create1(EPOLL_CLOEXEC);
    readiness->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = readiness};
    if (readiness->epoll < 0 || readiness->wake < 0 ||
        epoll_ctl(readiness->epoll, EPOLL_CTL_ADD, readiness->wake, &event) != 0) {
        error_set_system(err, errno, "readiness: no epoll");
        readiness_destroy(readiness);
        return false;
    }
    *out = readiness;
    return true;
}

void readiness_destroy(struct readiness *readiness) {
    if (!readiness)
        return;
    if (readiness->epoll >= 0)
        close(readiness->epoll);
    if (readiness->wake >= 0)
        close(readiness->wake);
    free(readiness);
}

static bool arm(struct readiness *readiness, int descriptor, uint32_t events, void *token,
                struct error *err) {
    struct epoll_event event = {.events = events | EPOLLONESHOT, .data.ptr = token};
    if (epoll_ctl(readiness->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ||
        (errno == EEXIST && epoll_ctl(readiness->epoll, EPOLL_CTL_MOD, descriptor, &event) == 0))
        return true;
    error_set_system(err, errno, "readiness: a socket cannot be watched");
    return false;
}

bool readiness_arm(struct readiness *readiness, int descriptor, void *token, struct error *err) {
    return arm(readiness, descriptor, EPOLLIN | EPOLLRDHUP, token, err);
}

bool readiness_arm_writing(struct readiness *readiness, int descriptor, void *token,
                           struct error *err) {
    return arm(readiness, descriptor, EPOLLOUT, token, err);
}

void readiness_disarm(struct readiness *readiness, int descriptor) {
    epoll_ctl(readiness->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

int readiness_wait(struct readiness *readiness, int timeout_ms, void **tokens, int most) {
    enum { BATCH = 64 };
    struct epoll_event events[BATCH];
    int count = epoll_wait(readiness->epoll, events, most < BATCH ? most : BATCH, timeout_ms);
    int used = 0;
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr != readiness) {
            tokens[used++] = events[i].data.ptr;
            continue;
        }
        uint64_t ignored;
        (void)!read(readiness->wake, &ignored, sizeof ignored);
    }
    return used;
}

void readiness_wake(struct readiness *readiness) {
    uint64_t one = 1;
    (void)!write(readiness->wake, &one, sizeof one);
}
