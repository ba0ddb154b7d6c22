/* Reading settings into a conf by the table; the only file that knows libconfig stands behind it.
 */
#pragma once

#include "base/blob.h"
#include "conf/conf_mistake.h"

/* Where the settings stand that the file names: found by the member they fill. */
struct conf_place {
    const void *member;
    struct conf_origin at;
};

/* What the steps of one conf_load share. */
struct conf_reading {
    struct conf *conf;
    struct conf_mistakes mistakes;
    struct conf_place *places;
    size_t place_count;
    bool services_named;  /* the file has a group "services", right or wrong */
    bool services_broken; /* … of which something was left out because of a mistake told */
};

/* Fills `reading->conf`, which holds the defaults, from a file's bytes: `name` is the file's as the
 * user gave it, relative paths count from its folder. Tells every mistake; a setting that has one
 * keeps its default. False if
 * nothing was read at all: a syntax error, an inclusion that cannot be read. */
bool conf_read(struct conf_reading *reading, const char *name, const struct blob *bytes);

/* Where the setting that fills `member` stands, or `otherwise`. */
struct conf_origin conf_place_of(const struct conf_reading *reading, const void *member,
                                 struct conf_origin otherwise);
bool conf_place_known(const struct conf_reading *reading, const void *member);
void conf_reading_finish(struct conf_reading *reading); /* not the conf */
