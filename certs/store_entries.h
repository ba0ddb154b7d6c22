/* Inside certs/: all entries of the store, kept in step with what its folder lists. */
#pragma once

#include "certs/name_table.h"
#include "certs/store_look.h"

/* Zero-initialised is empty. */
struct store_entries {
    struct store_entry **items; /* by name */
    size_t count;
    size_t capacity;
    struct name_table names; /* struct store_entry by name */
    struct name_table files; /* struct store_file by its name in the store folder */
};

void store_entries_finish(struct store_entries *entries);

/* Lists the store folder: files that are new join their entries, files that are gone leave them,
 * and both kinds of entries are to be judged again. False: the folder cannot be listed to its end
 * (or memory is out), and nothing is taken for gone. */
bool store_entries_list(struct store_entries *entries, const struct store_view *view,
                        struct error *err);

/* Forgets every file, but no certificate: the store is to be read from another folder. */
void store_entries_forget_files(struct store_entries *entries);

/* Drops the entries that have neither files nor a certificate nor news. True if there were any. */
bool store_entries_sweep(struct store_entries *entries);
