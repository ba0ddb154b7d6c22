/* Where the metrics are told, if anywhere, and how that place changes with the configuration.
 * Loop's thread. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "daemon/endpoints.h"

struct loop;
struct metrics_listener;
struct metrics_place;

/* Nowhere yet. `print` appends the metrics. */
bool metrics_place_create(struct loop *loop, void (*print)(void *context, struct buffer *out),
                          void *context, struct metrics_place **out, struct error *err);
void metrics_place_destroy(struct metrics_place *place); /* NULL is legal */

/* For endpoints_apply, which takes it to `where` (conf.metrics.listen; NULL: nowhere). Borrows
 * `where` until then. */
struct endpoints_companion metrics_place_move(struct metrics_place *place, const char *where);

/* NULL: they are told nowhere. */
const struct metrics_listener *metrics_place_listener(const struct metrics_place *place);
