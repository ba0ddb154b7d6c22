#include "certs/inf_strings.h"

#include "base/string_list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct inf_string {
    char *name, *value;
    struct inf_place place;
    size_t order;
};

void inf_strings_finish(struct inf_strings *strings) {
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->items[i].name);
        free(strings->items[i].value);
    }
    free(strings->items);
    *strings = (struct inf_strings){0};
}

bool inf_strings_add(struct inf_strings *strings, const char *name, const char *value,
                     struct inf_place place) {
    size_t count = strings->count;
    if ((count & (count - 1)) == 0) {
        struct inf_string *items =
            realloc(strings->items, (count > 0 ? count * 2 : 1) * sizeof *items);
        if (!items)
            return false;
        strings->items = items;
    }
    struct inf_string string = {strdup(name), strdup(value), place, count};
    if (!string.name || !string.value) {
        free(string.name);
        free(string.value);
        return false;
    }
    strings->items[strings->count++] = string;
    return true;
}

static int compare_strings(const void *left, const void *right) {
    const struct inf_string *a = left, *b = right;
    int order = strcasecmp(a->name, b->name);
    if (order == 0)
        order = a->order < b->order ? -1 : 1;
    return order;
}

void inf_strings_settle(struct inf_strings *strings, struct inf_remarks *remarks) {
    char shown[INF_SHOWN_SIZE];
    if (strings->count > 0)
        qsort(strings->items, strings->count, sizeof *strings->items, compare_strings);
    for (size_t i = 1; i < strings->count; i++) {
        const struct inf_string *before = &strings->items[i - 1], *here = &strings->items[i];
        if (strcasecmp(before->name, here->name) == 0 && strcmp(before->value, here->value) != 0)
            inf_mistake(remarks, here->place,
                        "the string \"%s\" was given another value in line %u: keep one of them",
                        inf_shown(here->name, shown), before->place.line);
    }
}

const char *inf_strings_find(const struct inf_strings *strings, const char *name) {
    size_t low = 0, high = strings->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcasecmp(strings->items[middle].name, name);
        if (order == 0)
            return strings->items[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *inf_strings_nearest(const struct inf_strings *strings, const char *name) {
    /* As many as a person would look through. */
    enum { LOOK_LIMIT = 64 };
    const char *names[LOOK_LIMIT + 1] = {0};
    for (size_t i = 0; i < strings->count && i < LOOK_LIMIT; i++)
        names[i] = strings->items[i].name;
    return nearest_word(name, names);
}
