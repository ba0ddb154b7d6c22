/* Verbs that ask a daemon, and nobody else. */
#pragma once

#include "ctl/ctl.h"

/* Has the daemon carry out a command (docs/CONTROL.md); `members` (NULL: none) are taken. Gives
 * `answer`, without what belongs to the protocol alone, if it is CTL_FINE. */
enum ctl_exit order_ask(const struct ctl *ctl, const char *command, json_t *members, int timeout_ms,
                        json_t **answer);

/* Has it do something; prints `done`, or with --json what the daemon answers. */
enum ctl_exit order_give(struct ctl *ctl, const char *command, const char *done);
