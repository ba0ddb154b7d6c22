/* Is this request framed so that everybody on the way reads the same? (RFC 9110, RFC 9112)
 *
 * libmicrohttpd is lenient where leniency lets requests be smuggled past a proxy: it takes two
 * Content-Length fields, Content-Length beside Transfer-Encoding, bare LF, folded lines, a NUL
 * that cuts a value unseen. What it hands over is held against the bytes as they came. */
#pragma once

#include "daemon/request_target.h"

struct connection;

/* First call of a request. 0: fine; else the status to refuse it with (400, 413, 414, 431, 501).
 * Sets the request's `content`. `why`: a word for the log. */
unsigned framing_check(struct connection *connection, const char *method, const char *version,
                       const char **why);

/* The host the client used, without port: from the target in absolute form, else from Host.
 * Normalised (certs/names.h). False if there is none or it is none. `port` (may be NULL): 0 if none
 * was given. */
bool request_host(struct connection *connection, char host[static REQUEST_HOST_SIZE],
                  unsigned *port);
