#include "ctl/progress.h"

#include "platform/process.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

enum { STEP_NS = 200000000 };

struct progress {
    thrd_t thread;
    mtx_t lock;
    cnd_t ended_now;
    bool ended;
    const char *what;
    size_t done, all; /* 0: not counted */
};

/* One step later, on the clock that cnd_timedwait goes by. */
static struct timespec next_step(void) {
    struct timespec at = {0};
    timespec_get(&at, TIME_UTC);
    at.tv_nsec += STEP_NS;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static int draw(void *context) {
    struct progress *progress = context;
    static const char dots[] = "...";
    bool drawn = false;
    mtx_lock(&progress->lock);
    for (unsigned step = 0; !progress->ended; step++) {
        struct timespec at = next_step();
        while (!progress->ended &&
               cnd_timedwait(&progress->ended_now, &progress->lock, &at) == thrd_success)
            ;
        if (progress->ended)
            break;
        fprintf(stderr, "\r%s", progress->what);
        if (progress->all > 0)
            fprintf(stderr, ", %zu of %zu", progress->done, progress->all);
        fprintf(stderr, " %-3.*s", (int)(step % sizeof dots), dots);
        fflush(stderr);
        drawn = true;
    }
    mtx_unlock(&progress->lock);
    if (drawn)
        fputs("\r\033[K", stderr);
    return 0;
}

struct progress *progress_begin(const char *what) {
    const char *terminal = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    if (!process_is_terminal(stderr) || !terminal || strcmp(terminal, "dumb") == 0)
        return NULL;
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    progress->what = what;
    if (mtx_init(&progress->lock, mtx_plain) == thrd_success) {
        if (cnd_init(&progress->ended_now) == thrd_success) {
            if (thrd_create(&progress->thread, draw, progress) == thrd_success)
                return progress;
            cnd_destroy(&progress->ended_now);
        }
        mtx_destroy(&progress->lock);
    }
    free(progress);
    return NULL;
}

void progress_count(struct progress *progress, size_t done, size_t all) {
    if (!progress)
        return;
    mtx_lock(&progress->lock);
    progress->done = done;
    progress->all = all;
    mtx_unlock(&progress->lock);
}

void progress_end(struct progress *progress) {
    if (!progress)
        return;
    mtx_lock(&progress->lock);
    progress->ended = true;
    cnd_signal(&progress->ended_now);
    mtx_unlock(&progress->lock);
    thrd_join(progress->thread, NULL);
    cnd_destroy(&progress->ended_now);
    mtx_destroy(&progress->lock);
    free(progress);
}
