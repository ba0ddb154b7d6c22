/* Is this request framed so that everybody on the way reads the same? (RFC 9110, RFC 9112)
 *
 * libmicrohttpd is lenient where leniency lets requests be smuggled past a proxy: it takes two
 * Content-Length fields, Content-Length beside Transfer-Encoding, bare LF, folded lines, a NUL
 * that cuts a value unseen. What it hands over is held against the bytes as they came. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct connection;

enum { REQUEST_HOST_SIZE = 256 + 8 };

/* First call of a request. 0: fine; else the status to refuse it with (400, 413, 414, 431, 501).
 * Sets the request's `content`. `why`: a word for the log. */
unsigned framing_check(struct connection *connection, const char *method, const char *version,
                       const char **why);

/* The host the client used, without port: from the target in absolute form, else from Host.
 * Normalised (certs/names.h). False if there is none or it is none. `port` (may be NULL): 0 if none
 * was given. */
bool request_host(struct connection *connection, char host[static REQUEST_HOST_SIZE],
                  unsigned *port);

/* Request line: is the raw target free of characters that no target has (spaces, controls, beyond
 * ASCII, fragments)? Asked before libmicrohttpd decodes it in place. */
bool target_is_sound(const char *target, size_t size);

/* The path of a target: itself, or what follows the authority in absolute form. Borrowed. */
const char *target_path(const char *target);
