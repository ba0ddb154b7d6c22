#include "web/values.h"

#include <string.h>

const char *value_flag(bool set) {
    return set ? "" : NULL;
}

enum { SECONDS_A_DAY = 86400 };

/* Dividing first keeps any two moments from overflowing. */
int64_t value_days_between(int64_t a, int64_t b) {
    int64_t days = b / SECONDS_A_DAY - a / SECONDS_A_DAY;
    return days < 0 ? -days : days;
}

const char *const *value_split(const char *fingerprint, struct value_groups *groups) {
    size_t count = 0;
    for (; fingerprint && *fingerprint && count < VALUE_GROUPS; count++) {
        size_t size = strnlen(fingerprint, VALUE_GROUP);
        memcpy(groups->text[count], fingerprint, size);
        groups->text[count][size] = '\0';
        groups->items[count] = groups->text[count];
        fingerprint += size;
    }
    groups->items[count] = NULL;
    return groups->items;
}
