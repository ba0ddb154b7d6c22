/* The parts of a request's target and of the Host field (RFC 9112, 3.2; RFC 9110, 7.2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_HOST_SIZE = 256 + 8 };

/* uri-host [ ":" port ]. Gives the host normalised (certs/names.h), an IPv6 address without its
 * brackets. `port` (may be NULL): 0 if none was given. */
bool authority_parse(const char *text, size_t size, char host[static REQUEST_HOST_SIZE],
                     unsigned *port);

/* Is the raw target free of characters that no target has (spaces, controls, beyond ASCII,
 * fragments, an encoded NUL)? */
bool target_is_sound(const char *target, size_t size);

/* The authority of a target in absolute form, NULL for another form. Borrowed; `size` of it. */
const char *target_authority(const char *target, size_t *size);

/* The path (and query) of a target: itself, or what follows the authority in absolute form.
 * Borrowed. */
const char *target_path(const char *target);

/* Does an If-None-Match (RFC 9110, 13.1.2) have this entity tag? A list, compared weakly, or "*".
 * The tag holds no comma or space. NULL: no. */
bool entity_tag_listed(const char *if_none_match, const char *etag);
