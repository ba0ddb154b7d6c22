#include "platform/loop.h"

#include "base/time_text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct loop_source {
    struct loop *loop;
    int descriptor;
    void (*call)(void *context);
    void *context;
    bool dead; /* destroyed while events were being handed out */
    struct loop_source *next_dead;
};

struct loop_timer {
    struct loop *loop;
    int64_t at_ms; /* INT64_MAX: not set */
    void (*call)(void *context);
    void *context;
    struct loop_timer *next;
};

struct posted {
    void (*call)(void *context);
    void *context;
    struct posted *next;
};

struct loop {
    int epoll, signals, wake;
    struct {
        void (*call)(void *context);
        void *context;
    } on_signal[3];
    struct loop_source *signal_source, *wake_source;
    struct loop_timer *timers; /* few: a list is enough */
    struct loop_source *dead;
    pthread_mutex_t mutex; /* guards the posted calls */
    struct posted *first, *last;
    bool stopping;
};

/* ---- sources ---- */

bool loop_source_create(struct loop *loop, int descriptor, void (*call)(void *context),
                        void *context, struct loop_source **out, struct error *err) {
    struct loop_source *source = calloc(1, sizeof *source);
    if (!source) {
        error_set(err, ERROR_MEMORY, "loop: out of memory");
        return false;
    }
    *source = (struct loop_source){
        .loop = loop, .descriptor = descriptor, .call = call, .context = context};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        error_set_system(err, errno, "loop: a descriptor cannot be watched");
        free(source);
        return false;
    }
    *out = source;
    return true;
}

void loop_source_destroy(struct loop_source *source) {
    if (!source || source->dead)
        return;
    epoll_ctl(source->loop->epoll, EPOLL_CTL_DEL, source->descriptor, NULL);
    /* An event for it may already be in hand: freed when the turn is over. */
    source->dead = true;
    source->next_dead = source->loop->dead;
    source->loop->dead = source;
}

void loop_source_want(struct loop_source *source, enum loop_want want) {
    struct epoll_event event = {.events = want == LOOP_WRITABLE ? EPOLLOUT : EPOLLIN,
                                .data.ptr = source};
    epoll_ctl(source->loop->epoll, EPOLL_CTL_MOD, source->descriptor, &event);
}

static void bury(struct loop *loop) {
    while (loop->dead) {
        struct loop_source *next = loop->dead->next_dead;
        free(loop->dead);
        loop->dead = next;
    }
}

/* ---- timers ---- */

bool loop_timer_create(struct loop *loop, void (*call)(void *context), void *context,
                       struct loop_timer **out, struct error *err) {
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer) {
        error_set(err, ERROR_MEMORY, "loop: out of memory");
        return false;
    }
    *timer = (struct loop_timer){
        .loop = loop, .at_ms = INT64_MAX, .call = call, .context = context, .next = loop->timers};
    loop->timers = timer;
    *out = timer;
    return true;
}

void loop_timer_set(struct loop_timer *timer, int64_t in_ms) {
    timer->at_ms = time_monotonic_ms() + (in_ms > 0 ? in_ms : 0);
}

void loop_timer_cancel(struct loop_timer *timer) {
    timer->at_ms = INT64_MAX;
}

void loop_timer_destroy(struct loop_timer *timer) {
    if (!timer)
        return;
    struct loop_timer **at = &timer->loop->timers;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    free(timer);
}

static struct loop_timer *earliest(const struct loop *loop) {
    struct loop_timer *first = NULL;
    for (struct loop_timer *timer = loop->timers; timer; timer = timer->next)
        if (timer->at_ms != INT64_MAX && (!first || timer->at_ms < first->at_ms))
            first = timer;
    return first;
}

static void run_due(struct loop *loop) {
    int64_t now = time_monotonic_ms();
    for (struct loop_timer *timer;
         !loop->stopping && (timer = earliest(loop)) && timer->at_ms <= now;) {
        timer->at_ms = INT64_MAX;
        timer->call(timer->context);
    }
}

static int wait_ms(const struct loop *loop) {
    enum { HOUR_MS = 3600 * 1000 }; /* of a longer time the rest is waited for in the next turn */
    const struct loop_timer *timer = earliest(loop);
    if (!timer)
        return -1;
    int64_t left_ms = timer->at_ms - time_monotonic_ms();
    if (left_ms <= 0)
        return 0;
    return left_ms < HOUR_MS ? (int)left_ms : HOUR_MS;
}

/* ---- signals ---- */

static void on_signals(void *context) {
    struct loop *loop = context;
    struct signalfd_siginfo info;
    while (read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        enum loop_signal which = info.ssi_signo == SIGHUP    ? LOOP_SIGNAL_RELOAD
                                 : info.ssi_signo == SIGUSR1 ? LOOP_SIGNAL_REOPEN
                                                             : LOOP_SIGNAL_STOP;
        if (loop->on_signal[which].call)
            loop->on_signal[which].call(loop->on_signal[which].context);
    }
}

bool loop_on_signal(struct loop *loop, enum loop_signal signal, void (*call)(void *context),
                    void *context, struct error *err) {
    (void)err;
    loop->on_signal[signal].call = call;
    loop->on_signal[signal].context = context;
    return true;
}

/* ---- calls from other threads ---- */

static void on_wake(void *context) {
    struct loop *loop = context;
    uint64_t ignored; /* emptied before the list is taken: what is posted later wakes us again */
    (void)!read(loop->wake, &ignored, sizeof ignored);
    pthread_mutex_lock(&loop->mutex);
    struct posted *calls = loop->first;
    loop->first = loop->last = NULL;
    pthread_mutex_unlock(&loop->mutex);
    while (calls) {
        struct posted *next = calls->next;
        calls->call(calls->context);
        free(calls);
        calls = next;
    }
}

bool loop_post(struct loop *loop, void (*call)(void *context), void *context) {
    struct posted *posted = malloc(sizeof *posted);
    if (!posted)
        return false;
    *posted = (struct posted){call, context, NULL};
    pthread_mutex_lock(&loop->mutex);
    if (loop->last)
        loop->last->next = posted;
    else
        loop->first = posted;
    loop->last = posted;
    pthread_mutex_unlock(&loop->mutex);
    uint64_t one = 1;
    (void)!write(loop->wake, &one, sizeof one);
    return true;
}

/* ---- beginning, turning, end ---- */

/* Threads that start later inherit the mask: the signals reach the loop alone. */
static void take_signals(sigset_t *mask) {
    sigemptyset(mask);
    sigaddset(mask, SIGTERM);
    sigaddset(mask, SIGINT);
    sigaddset(mask, SIGHUP);
    sigaddset(mask, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, mask, NULL);
    /* A peer that is gone is an error of the write. */
    signal(SIGPIPE, SIG_IGN);
}

/* With the signals of `mask`; NULL: with none. */
static bool create(const sigset_t *mask, struct loop **out, struct error *err) {
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        error_set(err, ERROR_MEMORY, "loop: out of memory");
        return false;
    }
    pthread_mutex_init(&loop->mutex, NULL);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->signals = mask ? signalfd(-1, mask, SFD_NONBLOCK | SFD_CLOEXEC) : -1;
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->epoll < 0 || (mask && loop->signals < 0) || loop->wake < 0) {
        error_set_system(err, errno, "loop");
        loop_destroy(loop);
        return false;
    }
    if ((mask &&
         !loop_source_create(loop, loop->signals, on_signals, loop, &loop->signal_source, err)) ||
        !loop_source_create(loop, loop->wake, on_wake, loop, &loop->wake_source, err)) {
        loop_destroy(loop);
        return false;
    }
    *out = loop;
    return true;
}

bool loop_create(struct loop **out, struct error *err) {
    sigset_t mask;
    take_signals(&mask);
    return create(&mask, out, err);
}

bool loop_create_beside(struct loop **out, struct error *err) {
    return create(NULL, out, err);
}

static void close_if_open(int descriptor) {
    if (descriptor >= 0)
        close(descriptor);
}

void loop_destroy(struct loop *loop) {
    if (!loop)
        return;
    loop_source_destroy(loop->signal_source);
    loop_source_destroy(loop->wake_source);
    bury(loop);
    for (struct loop_timer *timer = loop->timers, *next; timer; timer = next) {
        next = timer->next;
        free(timer);
    }
    for (struct posted *posted = loop->first, *next; posted; posted = next) {
        next = posted->next;
        free(posted);
    }
    close_if_open(loop->epoll);
    close_if_open(loop->signals);
    close_if_open(loop->wake);
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}

void loop_run(struct loop *loop) {
    enum { MOST = 32 };
    struct epoll_event events[MOST];
    while (!loop->stopping) {
        int count = epoll_wait(loop->epoll, events, MOST, wait_ms(loop));
        for (int i = 0; i < count && !loop->stopping; i++) {
            struct loop_source *source = events[i].data.ptr;
            if (!source->dead)
                source->call(source->context);
        }
        bury(loop);
        run_due(loop);
    }
    loop->stopping = false;
}

void loop_stop(struct loop *loop) {
    loop->stopping = true;
}
