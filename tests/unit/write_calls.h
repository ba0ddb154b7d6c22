/* The platform's calls that write, led here by the linker (certs.cmake): they can be counted,
 * looked in between, failed, and the process killed before any of them. */
#pragma once

#include <stdbool.h>

/* Calls go by their number since they were armed; 0: none. */
extern struct write_calls {
    long made;
    long kill_at, fail_at;
    bool no_swap;                  /* a file system without renameat2's flags */
    void (*looker)(void *context); /* before each call, but not before its own; NULL: nobody */
    void *looker_context;
} write_calls;

void write_calls_arm(long kill_at, long fail_at);
