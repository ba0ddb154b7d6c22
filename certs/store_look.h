/* Inside certs/: looking at an entry's files without reading them. */
#pragma once

#include "certs/store_entry.h"

/* One scan's view. */
struct store_view {
    uint64_t scan;             /* counts from 1 */
    int64_t now_ns;            /* since 1970; whole seconds, so up to one second behind */
    int64_t folder_changed_ns; /* the store folder's own last change */
    const char *folder;
    const struct string_list *folder_ways; /* where the way to the folder leads, and itself */
    bool accept_public_keys;
};

/* When something changed by its file system's clock, but never later than we can have seen it: the
 * clock of a file server may be ahead of ours. */
int64_t store_view_changed(const struct store_view *view, int64_t changed_ns);

/* Looks at each file, and into the entry's own folder where that may have changed. True if the
 * entry is to be judged: something changed, or may have without its times telling. */
bool store_look(struct store_entry *entry, const struct store_view *view);

/* The files have been read at the view's time: those that are old enough by then are certain.
 * Returns when the next one will be; 0: all are. */
int64_t store_look_settle_doubts(struct store_entry *entry, const struct store_view *view);
void store_look_doubt(struct store_file *file, const struct store_view *view);

/* Is a file that its folder's listing did not show really gone? Listings can miss a name that is
 * being replaced at the same moment (readdir(3) promises nothing about those). */
bool store_look_is_gone(const struct store_file *file);

/* Drops what stands in the entry's own folder. */
void store_look_drop_inside(struct store_entry *entry);

/* Finds `ways` anew; true if they changed. Out of memory leaves them as they were. */
bool store_look_find_ways(struct store_entry *entry, const struct store_view *view);
bool store_ways_equal(const struct string_list *a, const struct string_list *b);
