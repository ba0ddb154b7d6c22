/* The end of serving: nobody new is let in, what is under way may finish for so long, then the loop
 * stops. Loop's thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct drain;
struct endpoints;
struct loop;

bool drain_create(struct loop *loop, struct drain **out, struct error *err);
void drain_destroy(struct drain *drain); /* NULL is legal */

/* Closes the endpoints' sockets and gives the connections `within_ms` to end. Told a second time,
 * it no longer waits. The endpoints are borrowed until the loop has stopped. */
void drain_begin(struct drain *drain, struct endpoints *endpoints, int64_t within_ms);

bool drain_is_under_way(const struct drain *drain);
