/* Which services are bound to an entry by name: pinned by a line of the configuration, which only
 * its author changes, or by `select`. */
#pragma once

#include "conf/conf.h"
#include "control/pin_file.h"
#include "ctl/place.h"

#include <jansson.h>

struct uses {
    struct conf *conf; /* NULL: --store named another store than the daemon's */
    struct pin_list selected;
};

/* Says on standard error what is wrong. Gives `out` if CTL_FINE. */
enum ctl_exit uses_read(const struct ctl *ctl, const struct place *place, struct uses *out);
void uses_finish(struct uses *uses);

/* Where the configuration pins something. Borrowed. */
struct use_line {
    const char *service, *file;
    unsigned line;
};
/* The first line that pins this entry, for a service or one listener of it. */
bool uses_line_of_entry(const struct uses *uses, const char *entry, struct use_line *out);

/* Is it selected for a service? */
bool uses_select(const struct uses *uses, const char *entry);
/* Has every service for which `from` was selected use `to` (NULL: none is selected any more). Adds
 * their names to `services`. */
bool uses_move(const struct uses *uses, const struct place *place, const char *from, const char *to,
               json_t *services, struct error *err);
