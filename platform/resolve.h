/* Host names as every program on this machine resolves them. */
#pragma once

#include "platform/socket.h"

#include <stddef.h>

/* All addresses of a name or literal, in the order in which a client tries them. Waits on name
 * servers. Gives `out`: free. ERROR_MISSING: it has none. */
bool resolve_host(const char *host, uint16_t port, struct socket_address **out, size_t *count,
                  struct error *err);
