/* A command run on behalf of this process, with a folder that goes when either is gone.
 *
 * A keeper, a small process of its own, sees to that: it notices the end of this process however it
 * comes, ends what is left of the command, and removes the folder with all that is in it. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct child_keeper;
struct child;

/* Makes a folder (0700) of its own below the system's folder for temporary files, and the keeper.
 * Before this process has a second thread. */
bool child_keeper_create(const char *prefix, struct child_keeper **out, struct error *err);
const char *child_keeper_folder(const struct child_keeper *keeper);
/* Writes a file into the folder: these lines, and behind them the machine's own /etc/hosts. */
bool child_keeper_add_hosts(struct child_keeper *keeper, const char *lines, struct error *err);
const char *child_keeper_hosts(const struct child_keeper *keeper); /* NULL: none was written */
/* Waits until all of it is gone. NULL is legal. */
void child_keeper_destroy(struct child_keeper *keeper);

/* From now on stop, hang-up and interrupt reach the command rather than this process, until
 * child_wait has returned. Before this process has a second thread. */
void child_take_signals(void);

/* Borrowed. */
struct child_plan {
    const char *const *command;     /* ends with NULL; looked for along PATH */
    const char *const *environment; /* "NAME=value", in place of those of the same name; ends with
                                       NULL */
    const char *hosts; /* a file that the command (and no other) finds as /etc/hosts; NULL: none */
};

/* Starts it in a process group of its own, which gets the terminal if we have it. ERROR_MISSING:
 * there is no such command. `hosts_failed`: it runs, but without those hosts. */
bool child_start(struct child_keeper *keeper, const struct child_plan *plan, struct child **out,
                 bool *hosts_failed, struct error *err);
/* Waits for its end, passing on what it is told to stop. Where the terminal stops it, this process
 * stops, too, until both are continued. Gives its exit status, or 128 and the
 * number of the signal that ended it. Frees the child. */
int child_wait(struct child *child);
