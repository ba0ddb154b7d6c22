/* How a handshake ended, told to whoever wants to know: the log, the list of clients, the metrics.
 */
#pragma once

#include <stdbool.h>

struct connection;

/* Worker thread; the connection's TLS session can still be asked. Tells it once: when the first
 * request has come (`asked`), or at the session's end without one. A client that looks at the
 * certificate after the handshake is not taken for one that accepts it. */
void verdict_tell(struct connection *connection, bool asked);
