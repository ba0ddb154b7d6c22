/* Inside web/: values as several pages show them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of a slot that is only asked whether it has a value. */
const char *value_flag(bool set);

/* Whole days between two moments, whichever comes first. */
int64_t value_days_between(int64_t a, int64_t b);

/* A fingerprint is shown in groups of four bytes, which the eye can hold. */
enum { VALUE_GROUP = 12, VALUE_GROUPS = 8 };

struct value_groups {
    char text[VALUE_GROUPS][VALUE_GROUP + 1];
    const char *items[VALUE_GROUPS + 1];
};

/* The groups of "AB:CD:…", NULL-terminated; joined, they are the fingerprint again. NULL has none.
 * Borrowed from `groups`. */
const char *const *value_split(const char *fingerprint, struct value_groups *groups);
