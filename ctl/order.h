/* Verbs that have the daemon do something and only tell that it was done. */
#pragma once

#include "ctl/ctl.h"

/* Gives the command to the daemon; prints `done`, or with --json what the daemon answers. */
enum ctl_exit order_give(struct ctl *ctl, const char *command, const char *done);
