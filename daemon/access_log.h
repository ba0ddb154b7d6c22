/* A service's access log: the combined log format, with the service's name at the end. Any thread.
 */
#pragma once

#include "base/error.h"

struct access_log;
struct connection;

/* Appends to `path`. */
bool access_log_open(const char *path, struct access_log **out, struct error *err);
void access_log_close(struct access_log *log);
/* Opens the path anew, for log rotation. On failure goes on with the old file. */
bool access_log_reopen(struct access_log *log, struct error *err);
const char *access_log_path(const struct access_log *log);

/* One line for the connection's request, which has been answered. */
void access_log_write(struct access_log *log, const struct connection *connection);
