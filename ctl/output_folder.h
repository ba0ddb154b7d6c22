/* A folder of files that a verb writes where the command line says. */
#pragma once

#include "ctl/ctl.h"

/* Borrowed; `path` is relative, its parts parted by "/". */
struct output_entry {
    const char *path;
    unsigned mode;
    const struct blob *content;
};

/* Makes the folder appear with these files and no others, whole or not at all. One that is there
 * and empty gives way, and with `force` one whose content an earlier run may have written: it has
 * nothing at its top that the new one has not. Says on standard error why not. */
enum ctl_exit output_folder_write(const char *path, const struct output_entry *entries,
                                  size_t count, bool force);
