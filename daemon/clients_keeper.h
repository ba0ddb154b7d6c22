/* Keeps the clients seen in STATE/clients, and forgets them in time: their addresses are personal
 * data. Loop's thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct clients_keeper;
struct clients_seen;
struct loop;

/* Remembers nobody until it is configured. */
bool clients_keeper_create(struct loop *loop, const char *state_folder, struct clients_seen *seen,
                           struct clients_keeper **out, struct error *err);
/* Writes what is not yet written. NULL is legal. */
void clients_keeper_destroy(struct clients_keeper *keeper);

/* Beginning to remember has the file read at the loop's first turn, or when it is needed first; a
 * damaged one is told and counts as none. Not to remember forgets everyone and removes the file at
 * once. */
void clients_keeper_configure(struct clients_keeper *keeper, bool remember, int64_t forget_after_s);

/* Forgets whoever was not seen for too long. After it, everyone else is in the list. */
void clients_keeper_forget(struct clients_keeper *keeper, int64_t now);
