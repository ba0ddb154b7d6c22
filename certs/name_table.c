#include "certs/name_table.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 16 };

uint32_t name_hash(const char *name) {
    uint32_t hash = 2166136261U;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash;
}

/* Where the name stands, or the free slot where it would. The table has a free slot. */
static size_t place_of(const struct name_table *table, const char *name, uint32_t hash) {
    size_t mask = table->capacity - 1;
    size_t at = hash & mask;
    for (; table->slots[at].name; at = (at + 1) & mask)
        if (table->slots[at].hash == hash && strcmp(table->slots[at].name, name) == 0)
            break;
    return at;
}

void *name_table_get(const struct name_table *table, const char *name) {
    if (table->count == 0)
        return NULL;
    return table->slots[place_of(table, name, name_hash(name))].value;
}

static bool grow(struct name_table *table) {
    size_t capacity = table->capacity ? table->capacity * 2 : SMALLEST;
    struct name_table bigger = {calloc(capacity, sizeof *bigger.slots), capacity, table->count};
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct name_slot *slot = &table->slots[i];
        if (slot->name)
            bigger.slots[place_of(&bigger, slot->name, slot->hash)] = *slot;
    }
    free(table->slots);
    *table = bigger;
    return true;
}

bool name_table_put(struct name_table *table, const char *name, void *value) {
    if (table->count >= table->capacity / 2 && !grow(table))
        return false;
    uint32_t hash = name_hash(name);
    table->slots[place_of(table, name, hash)] = (struct name_slot){name, value, hash};
    table->count++;
    return true;
}

void name_table_remove(struct name_table *table, const char *name) {
    if (table->count == 0)
        return;
    size_t mask = table->capacity - 1;
    size_t hole = place_of(table, name, name_hash(name));
    if (!table->slots[hole].name)
        return;
    /* Closes the gap, so that no search ends before what it looks for. */
    for (size_t at = (hole + 1) & mask; table->slots[at].name; at = (at + 1) & mask) {
        size_t home = table->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = (struct name_slot){0};
    table->count--;
}

void name_table_finish(struct name_table *table) {
    free(table->slots);
    *table = (struct name_table){0};
}
