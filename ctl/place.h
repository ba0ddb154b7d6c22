/* Where the daemon's socket and its store are, after the same options and files as the daemon. */
#pragma once

#include "ctl/ctl.h"

struct place {
    char *store_folder;
    char *socket; /* NULL: no daemon is to be asked */
    bool accept_public_keys;
};

/* Says on standard error what is wrong, each mistake as FILE:LINE. Gives `out` if CTL_FINE. */
enum ctl_exit place_find(const struct ctl_options *options, struct place *out);
void place_finish(struct place *place);
