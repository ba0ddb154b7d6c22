/* Clients that are noted, and what is remembered of them. */
#pragma once

#include "daemon/clients_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { UNKNOWN_CA = 48, USER_CANCELED = 90 };
static const int64_t DAY = 24 * 3600;

static inline struct clients_seen *remembering(void) {
    struct clients_seen *seen = NULL;
    assert_true(clients_seen_create(&seen, NULL));
    clients_seen_remember(seen, true);
    return seen;
}

static inline struct client_news news(const char *address, enum handshake_end end, int alert) {
    bool tells = end == HANDSHAKE_FINISHED || end == HANDSHAKE_REFUSED || end == HANDSHAKE_LEFT;
    return (struct client_news){address, "web-access", end, alert, tells, false};
}

static inline void note(struct clients_seen *seen, const char *address, enum handshake_end end,
                        int alert, int64_t now) {
    const struct client_news one = news(address, end, alert);
    clients_seen_note(seen, &one, now);
}

static inline void note_request(struct clients_seen *seen, const char *address, int64_t now) {
    struct client_news one = news(address, HANDSHAKE_FINISHED, 0);
    one.asked = true;
    clients_seen_note(seen, &one, now);
}

/* The one seen last first; for free(). */
static inline struct client_seen *all(struct clients_seen *seen, size_t *count) {
    struct client_seen *clients = NULL;
    assert_true(clients_seen_copy(seen, &clients, count, NULL));
    return clients;
}

static inline struct client_seen only(struct clients_seen *seen) {
    size_t count;
    struct client_seen *clients = all(seen, &count);
    assert_int_equal(count, 1);
    struct client_seen one = clients[0];
    free(clients);
    return one;
}

static inline size_t count_of(struct clients_seen *seen) {
    size_t count;
    free(all(seen, &count));
    return count;
}
