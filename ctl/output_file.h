/* Files that a verb writes where the command line says. */
#pragma once

#include "ctl/ctl.h"

/* Can it be written there: not a folder or device, and no older file unless `force`? Says on
 * standard error why not. */
enum ctl_exit output_file_check(const char *path, bool force);

/* Writes it, whole or not at all; sweeps what an earlier run left beside it that was killed. */
enum ctl_exit output_file_write(const char *path, const void *data, size_t size, unsigned mode,
                                bool force);
