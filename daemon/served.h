/* What a client gets, said without connecting: which certificate a listener serves now. Loop's
 * thread. */
#pragma once

#include "certs/cert_set.h"
#include "platform/socket.h"

struct listener;

/* A literal by which this host reaches a listener: for a wildcard its loopback address. */
const char *served_reach(const struct listener *listener, char out[static SOCKET_TEXT_SIZE]);

/* The certificate for a client that sends this server name (NULL: none), reaches the listener there
 * and can use every kind of key; NULL: none, as without TLS. Valid while the caller holds the set.
 */
const struct cert *served_certificate(const struct cert_set *set, const struct listener *listener,
                                      const char *server_name, enum cert_choice *choice);
