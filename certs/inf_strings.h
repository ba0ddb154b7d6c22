/* Inside certs/: what [Strings] of an INF file defines. */
#pragma once

#include "certs/inf_remarks.h"

struct inf_strings {
    struct inf_string *items;
    size_t count;
};
void inf_strings_finish(struct inf_strings *strings);

/* Copies. False: memory. */
bool inf_strings_add(struct inf_strings *strings, const char *name, const char *value,
                     struct inf_place place);
/* Once, when all are known: makes them findable, and tells of names that stand for two values. */
void inf_strings_settle(struct inf_strings *strings, struct inf_remarks *remarks);
/* In either case; NULL if it is not defined. Borrowed. */
const char *inf_strings_find(const struct inf_strings *strings, const char *name);
/* For "did you mean …?"; NULL if none is near. */
const char *inf_strings_nearest(const struct inf_strings *strings, const char *name);
