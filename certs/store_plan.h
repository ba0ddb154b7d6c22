/* Inside certs/: what a change is going to do, and how the store's folder will look by then.
 *
 * Each step counts on those before it. Nothing but temporary files is made. */
#pragma once

#include "certs/store_change.h"
#include "certs/store_journal.h"

struct store_plan_name {
    char *name;
    struct held_file file; /* inode 0: not looked at yet */
};

struct store_plan {
    const struct held_folder *folder; /* borrowed */
    struct store_plan_name *names;    /* as they will be */
    size_t count;
    struct store_moves moves;
    bool is_broken; /* a step failed half-way: what is planned must not be done */
};

/* What certs/store_change.h gives out. */
struct store_change {
    struct held_folder *folder;
    struct file_lock *lock;
    struct store_plan plan;
};

/* Lists the folder. */
bool store_plan_init(struct store_plan *plan, const struct held_folder *folder, struct error *err);
void store_plan_finish(struct store_plan *plan); /* the temporary files stay */
/* Removes the temporary files. */
void store_plan_drop(const struct store_plan *plan);

/* Does that name stand for a folder? False too if it cannot be looked at. */
bool store_plan_is_folder(const struct store_plan *plan, const char *name);

/* What stands there gives way, whatever it is. */
bool store_plan_write(struct store_plan *plan, const char *name, const void *data, size_t size,
                      unsigned mode, struct error *err);
/* Whatever it is. ERROR_MISSING. */
bool store_plan_remove(struct store_plan *plan, const char *name, struct error *err);
/* ERROR_MISSING, ERROR_EXISTS. */
bool store_plan_rename(struct store_plan *plan, const char *from, const char *to,
                       struct error *err);
