#include "ctl/progress.h"

#include "platform/process.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEP_NS = 200000000 };

struct progress {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended_now;
    bool ended;
    const char *what;
    size_t done, all; /* 0: not counted */
};

/* One step later, on the clock that pthread_cond_timedwait goes by. */
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

static void *draw(void *context) {
    struct progress *progress = context;
    static const char dots[] = "...";
    bool drawn = false;
    pthread_mutex_lock(&progress->lock);
    for (unsigned step = 0; !progress->ended; step++) {
        struct timespec at = next_step();
        while (!progress->ended &&
               pthread_cond_timedwait(&progress->ended_now, &progress->lock, &at) == 0)
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
    pthread_mutex_unlock(&progress->lock);
    if (drawn)
        fputs("\r\033[K", stderr);
    return NULL;
}

struct progress *progress_begin(const char *what) {
    const char *terminal = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    if (!process_is_terminal(stderr) || !terminal || strcmp(terminal, "dumb") == 0)
        return NULL;
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    progress->what = what;
    if (pthread_mutex_init(&progress->lock, NULL) == 0) {
        if (pthread_cond_init(&progress->ended_now, NULL) == 0) {
            if (pthread_create(&progress->thread, NULL, draw, progress) == 0)
                return progress;
            pthread_cond_destroy(&progress->ended_now);
        }
        pthread_mutex_destroy(&progress->lock);
    }
    free(progress);
    return NULL;
}

void progress_count(struct progress *progress, size_t done, size_t all) {
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->done = done;
    progress->all = all;
    pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress) {
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->ended = true;
    pthread_cond_signal(&progress->ended_now);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    pthread_cond_destroy(&progress->ended_now);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
