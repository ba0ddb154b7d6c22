/* The clients of each service, and how their handshakes went: who still warns.
 *
 * At most CLIENTS_SEEN_MOST of them; beyond that whoever was not seen for longest makes way. What
 * is noted costs the same however many there are. Any thread. */
#pragma once

#include "base/error.h"
#include "daemon/handshake_gate.h"
#include "platform/socket.h"

enum { CLIENTS_SEEN_MOST = 10000, CLIENT_SERVICE_SIZE = 64 };

/* A client address at a service. Plain data. */
struct client_seen {
    char address[SOCKET_TEXT_SIZE];    /* canonical; IPv4 also where it came over IPv6 */
    char service[CLIENT_SERVICE_SIZE]; /* a longer name is cut */
    enum handshake_end end; /* of its last handshake that says something about the certificate; of
                               the last one as long as there is no such */
    int alert;              /* for HANDSHAKE_REFUSED */
    bool tells;             /* … and there is one */
    bool asked;             /* for HANDSHAKE_FINISHED: it sent a request since it finished first */
    int64_t first, last;    /* wall clock */
    uint64_t handshakes, refusals; /* how many in all; of them those that refused the certificate */
};

/* A handshake that is over. Borrowed. */
struct client_news {
    const char *address, *service;
    enum handshake_end end;
    int alert;
    bool tells; /* the client saw our certificate, or resumed a session that began with it */
    bool asked; /* a request came */
};

/* Did it not accept the certificate when it last saw it? */
bool client_refuses(const struct client_seen *client);

struct clients_seen;

/* Remembers nothing until told to. */
bool clients_seen_create(struct clients_seen **out, struct error *err);
void clients_seen_destroy(struct clients_seen *seen);

/* Not to remember forgets everyone at once. */
void clients_seen_remember(struct clients_seen *seen, bool remember);

/* Short of memory, nothing is noted. */
void clients_seen_note(struct clients_seen *seen, const struct client_news *news, int64_t now);

/* Adds one known from before as the one not seen for longest, or to what is known of it by now. One
 * too many is passed over. */
void clients_seen_add(struct clients_seen *seen, const struct client_seen *client);

/* Forgets everyone last seen before `before`; was there anyone? Times beyond `now`, from a clock
 * that was wrong, are taken back to it: they would not be forgotten in time. */
bool clients_seen_forget(struct clients_seen *seen, int64_t before, int64_t now);

/* How often something changed: another number, something else to keep. */
uint64_t clients_seen_changes(struct clients_seen *seen);

/* All of them, the one seen last first. Gives `out`, for free(). */
bool clients_seen_copy(struct clients_seen *seen, struct client_seen **out, size_t *count,
                       struct error *err);
