/* Notices that the tool has left something in the state folder: pins, a local authority. */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct loop;
struct state_watch;

/* `changed` runs in the loop's thread some milliseconds after something changed in the state
 * folder or its folder "authority", and beside that every `poll_interval_ms`, for file systems that
 * send no events. It says "look again", nothing more. */
bool state_watch_create(struct loop *loop, const char *state_folder, int64_t poll_interval_ms,
                        void (*changed)(void *context), void *context, struct state_watch **out,
                        struct error *err);
void state_watch_set_poll_interval(struct state_watch *watch, int64_t poll_interval_ms);
void state_watch_destroy(struct state_watch *watch); /* NULL is legal */
