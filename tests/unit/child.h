/* Parts of tests that run in a process of their own: as nobody, in namespaces, to be killed.
 *
 * In the child nothing of cmocka may be used: it says by its exit status how it went. */
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHILD_OK = 0, CHILD_FAILED = 1, CHILD_CANNOT = 2 };

/* In the child: what must hold. */
#define require(condition)                                                                \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            return CHILD_FAILED;                                                          \
        }                                                                                 \
    } while (0)

static inline int child_status(pid_t child) {
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_FAILED;
}

/* Of the coverage's library, if it is there: what the child reached counts too. */
__attribute__((weak)) void __gcov_dump(void);

__attribute__((noreturn)) static inline void child_ends(int status) {
    if (__gcov_dump)
        __gcov_dump();
    _exit(status);
}

static inline int in_child(int (*run)(void *context), void *context) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        child_ends(run(context));
    return child_status(child);
}

struct child_call {
    int (*run)(void *context);
    void *context;
    int namespaces;
};

static inline int child_drop_and_run(void *context) {
    enum { NOBODY = 65534 };
    const struct child_call *call = context;
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return CHILD_CANNOT;
    return call->run(call->context);
}

/* As somebody who is not root. */
static inline void assert_as_nobody(int (*run)(void *context), void *context) {
    struct child_call call = {run, context, 0};
    assert_int_equal(in_child(child_drop_and_run, &call), CHILD_OK);
}

static inline int child_write(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    int ok = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return ok;
}

static inline int child_unshare_and_run(void *context) {
    const struct child_call *call = context;
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    if (geteuid() == 0) {
        if (unshare(call->namespaces) != 0)
            return CHILD_CANNOT;
    } else if (unshare(CLONE_NEWUSER | call->namespaces) != 0 ||
               !child_write("/proc/self/setgroups", "deny") ||
               !child_write("/proc/self/uid_map", users) ||
               !child_write("/proc/self/gid_map", groups))
        return CHILD_CANNOT;
    return call->run(call->context);
}

/* As root of namespaces (CLONE_NEW…) of its own; skipped where the system allows nobody to have
 * them. */
static inline void assert_in_namespaces(int namespaces, int (*run)(void *context), void *context) {
    struct child_call call = {run, context, namespaces};
    int status = in_child(child_unshare_and_run, &call);
    if (status == CHILD_CANNOT)
        skip();
    assert_int_equal(status, CHILD_OK);
}
