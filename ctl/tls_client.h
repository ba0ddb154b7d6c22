/* A TLS conversation with a server, to look at what it sends: nothing is verified here. */
#pragma once

#include "base/blob.h"
#include "ctl/probe.h"
#include "ctl/sent_chain.h"
#include "platform/socket.h"

#include <gnutls/gnutls.h>

struct tls_client;

/* Connects, and shakes hands as clients do today (TLS 1.3 or 1.2, HTTP/1.1), whatever the
 * certificate is. `server_name`: to ask for; NULL: none. ERROR_UNREACHABLE: nobody answers there;
 * ERROR_INPUT: no handshake, and why. Gives `out`. */
bool tls_client_connect(const struct socket_address *address, const char *server_name,
                        struct tls_client **out, struct error *err);
/* The same, and content with certificates: where the handshake breaks behind them (GnuTLS cannot
 * read one, the server wants one of the client), the client is given, but not open. */
bool tls_client_look(const struct socket_address *address, const char *server_name,
                     struct tls_client **out, struct error *err);
void tls_client_close(struct tls_client *client); /* NULL is legal */

bool tls_client_is_open(const struct tls_client *client);
/* As they were sent; empty: none was. Borrowed. */
const struct sent_chain *tls_client_chain(const struct tls_client *client);
gnutls_session_t tls_client_session(const struct tls_client *client);
/* "TLS 1.3". */
const char *tls_client_version(const struct tls_client *client);
/* Sends a request with HEAD and reads the head of the answer, or what came within `timeout_ms`.
 * False: it could not be sent. */
bool tls_client_ask(struct tls_client *client, const struct probe_target *target, const char *path,
                    int timeout_ms, struct buffer *head);
