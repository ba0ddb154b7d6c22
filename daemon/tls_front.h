/* The TLS side of a connection from its first byte to the end of its session. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct connection;
struct tls_front;

/* Session ticket keys (RFC 5077, RFC 8446 4.6.1): from a file of 64 bytes that several hosts share,
 * or (NULL) a key of our own. GnuTLS derives from it the keys it uses and rotates. */
bool tls_front_create(const char *ticket_key_file, struct tls_front **out, struct error *err);
void tls_front_destroy(struct tls_front *front);

/* Is this a GnuTLS priority string? The error says where it goes wrong. */
bool tls_priority_check(const char *priority, struct error *err);
/* The priority string for the versions asked for: forward-secret AEAD suites only. Newly allocated.
 */
char *tls_priority_for(bool tls12, bool tls13);

/* Which versions does this priority string allow? */
void tls_priority_versions(const char *priority, bool *tls12, bool *tls13);

/* Could a ticket key be read from this file? NULL is fine. */
bool tls_front_check(const char *ticket_key_file, struct error *err);

/* Takes the ticket key anew from this file (NULL: one of our own, which stays if it was one). On
 * failure the old one stays. */
bool tls_front_reload(struct tls_front *front, const char *ticket_key_file, struct error *err);

/* Worker thread, at a TLS connection's start: gate, tickets, observation. */
void tls_front_begin(struct tls_front *front, struct connection *connection);
/* Worker thread, at the connection's end. */
void tls_front_end(struct connection *connection);
