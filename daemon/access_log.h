/* A service's access log: the combined log format, with the service's name at the end. Any thread.
 */
#pragma once

#include "base/error.h"

struct access_log;
struct connection;

/* All access logs of the program: one for each path, open while the program runs, since a retired
 * listener's last connection may still write to it. */
struct access_logs;
bool access_logs_create(struct access_logs **out, struct error *err);
void access_logs_destroy(struct access_logs *logs);
/* The log of this path, opened (to append) if it is not yet. Borrowed. */
bool access_logs_get(struct access_logs *logs, const char *path, struct access_log **out,
                     struct error *err);
/* Opens every path anew, for log rotation; where that fails the old file is still written. */
void access_logs_reopen(struct access_logs *logs);

/* One line for the connection's request, which has been answered. */
void access_log_write(struct access_log *log, const struct connection *connection);
