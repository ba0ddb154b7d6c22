/* The loop: one thread that waits for descriptors, timers and signals, and calls back.
 *
 * All functions but loop_post belong to the loop's thread (or run before it starts). */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_source;

enum loop_signal {
    LOOP_SIGNAL_STOP,   /* SIGTERM, SIGINT; on Windows the service's stop control, Ctrl-C */
    LOOP_SIGNAL_RELOAD, /* SIGHUP; on Windows the service's parameter-change control */
    LOOP_SIGNAL_REOPEN, /* SIGUSR1: reopen log files */
};

/* Blocks the signals in the calling thread: create the loop before any other thread starts. */
bool loop_create(struct loop **out, struct error *err);
/* One without signals, for a thread beside the one whose loop takes them. */
bool loop_create_beside(struct loop **out, struct error *err);
void loop_destroy(struct loop *loop);

bool loop_on_signal(struct loop *loop, enum loop_signal signal, void (*call)(void *context),
                    void *context, struct error *err);

/* A timer that is not set. One-shot; set it again from its own callback to repeat. */
bool loop_timer_create(struct loop *loop, void (*call)(void *context), void *context,
                       struct loop_timer **out, struct error *err);
void loop_timer_set(struct loop_timer *timer, int64_t in_ms); /* 0: as soon as the loop turns */
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer *timer);

/* Calls when the descriptor is readable (or has hung up). Does not own the descriptor; destroy the
 * source before closing it. A source may be destroyed from its own callback. */
bool loop_source_create(struct loop *loop, int descriptor, void (*call)(void *context),
                        void *context, struct loop_source **out, struct error *err);
void loop_source_destroy(struct loop_source *source);

/* What a source waits for from now on: bytes to read (as a new one does), or room to write. It
 * calls at a hang-up in either case. */
enum loop_want { LOOP_READABLE, LOOP_WRITABLE };
void loop_source_want(struct loop_source *source, enum loop_want want);

/* From any thread: has `call` run in the loop's thread soon, in the order of posting. What has not
 * run when the loop is destroyed never does. False when out of memory. */
bool loop_post(struct loop *loop, void (*call)(void *context), void *context);

/* Returns after loop_stop, also one called before. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
