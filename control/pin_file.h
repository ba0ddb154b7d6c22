/* STATE/pins: which certificate the tool has pinned for which service, kept for the daemon.
 *
 * One JSON object, {"SERVICE": "ENTRY"}. What the configuration pins goes before it. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

struct pin {
    char *service;
    char *entry; /* "authority": the service's leaf of the local authority */
};

/* Each service once, by name. Zero-initialised is empty. */
struct pin_list {
    struct pin *items;
    size_t count;
};
void pin_list_finish(struct pin_list *list);
/* The entry pinned for a service, or NULL. Borrowed. */
const char *pin_list_find(const struct pin_list *list, const char *service);
bool pin_list_equal(const struct pin_list *a, const struct pin_list *b);

/* From the file's bytes. ERROR_INPUT: no JSON object, a service twice, an entry that is no text or
 * an empty one. Gives `out`. */
bool pin_list_read(const void *text, size_t size, struct pin_list *out, struct error *err);

/* A missing file is an empty one. Gives `out`. */
bool pin_file_read(const char *state_folder, struct pin_list *out, struct error *err);

/* Pins an entry (NULL: takes the pin away). The file is as before or as after, 0600, and where the
 * process is root it belongs to the owner of the folder. Waits for another process that pins for a
 * few seconds, then ERROR_BUSY. A broken file is an error and stays. */
bool pin_file_set(const char *state_folder, const char *service, const char *entry,
                  struct error *err);
/* The same for every service that has the entry `from` pinned, all in one step. */
bool pin_file_move(const char *state_folder, const char *from, const char *to, struct error *err);
