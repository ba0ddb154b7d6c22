/* Inside certs/: things found by a name, at a cost that does not grow with their number. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FNV-1a. The names come from the owner of the store and from the certificates put into it, never
 * from a client: nobody gains by making them collide. */
uint32_t name_hash(const char *name);

struct name_slot {
    const char *name; /* NULL: free */
    void *value;
    uint32_t hash;
};

/* Zero-initialised is empty. Names and values are borrowed. */
struct name_table {
    struct name_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

void *name_table_get(const struct name_table *table, const char *name); /* NULL: not there */
/* The name must not be in the table yet. False: out of memory. */
bool name_table_put(struct name_table *table, const char *name, void *value);
void name_table_remove(struct name_table *table, const char *name); /* not there: does nothing */
void name_table_finish(struct name_table *table);
