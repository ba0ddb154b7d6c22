/* Waiting, in one thread, for many sockets to become readable once.
 *
 * The handshake gate parks stalled connections here. On Linux an epoll with EPOLLONESHOT; where
 * there is no epoll a poll-based implementation stands behind the same header. */
#pragma once

#include "base/error.h"

struct readiness;

bool readiness_create(struct readiness **out, struct error *err);
void readiness_destroy(struct readiness *readiness);

/* Any thread. From now on, one readiness_wait reports `token` once the socket is readable or hung
 * up. A socket may be armed again after that. Closing a socket disarms it. */
bool readiness_arm(struct readiness *readiness, int descriptor, void *token, struct error *err);
/* The same for a socket that takes no more: reports once there is room to write. */
bool readiness_arm_writing(struct readiness *readiness, int descriptor, void *token,
                           struct error *err);
void readiness_disarm(struct readiness *readiness, int descriptor);

/* One thread. Waits at most `timeout_ms` (-1: for ever); gives at most `most` tokens. */
int readiness_wait(struct readiness *readiness, int timeout_ms, void **tokens, int most);

/* Any thread: makes the wait return, with no token for it. */
void readiness_wake(struct readiness *readiness);
