/* How many connections each client address has. Not safe from several threads: its owner locks. */
#pragma once

#include <stdbool.h>

struct sockaddr;

struct client_counts;

struct client_counts *client_counts_create(void); /* NULL: out of memory */
void client_counts_destroy(struct client_counts *counts);

/* One more of this client; false, and nothing counted, if it has `most` or memory is short. */
bool client_counts_add(struct client_counts *counts, const struct sockaddr *client, unsigned most);
/* One less of one that was counted. */
void client_counts_remove(struct client_counts *counts, const struct sockaddr *client);
