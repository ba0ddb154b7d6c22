/* Where Prometheus fetches the metrics: plain HTTP, for this host alone. Loop's thread, in which
 * requests are answered, too: what they tell belongs to it. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

struct loop;
struct metrics_listener;

/* Listens on "127.0.0.1:PORT", "[::1]:PORT" or "unix:/PATH" (conf_metrics_parse). `print` appends
 * the metrics. */
bool metrics_listener_create(struct loop *loop, const char *where,
                             void (*print)(void *context, struct buffer *out), void *context,
                             struct metrics_listener **out, struct error *err);
void metrics_listener_destroy(struct metrics_listener *listener); /* NULL is legal */

/* Frees its address for somebody else, and ends its connections. */
void metrics_listener_make_way(struct metrics_listener *listener);
/* Listens again where it did, also if it was any port. After a failure it can only be destroyed. */
bool metrics_listener_return(struct metrics_listener *listener, struct error *err);

/* As it was given. */
const char *metrics_listener_where(const struct metrics_listener *listener);

/* The line for STATE/listening: "metrics http 127.0.0.1 9105", "metrics unix /PATH 0". */
void metrics_listener_announce(const struct metrics_listener *listener, struct buffer *out);
/* For people: "http://127.0.0.1:9105/metrics", "/PATH". */
void metrics_listener_describe(const struct metrics_listener *listener, struct buffer *out);
