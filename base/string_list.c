#include "base/string_list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool string_list_add(struct string_list *list, const char *text) {
    char *copy = strdup(text);
    if (!copy)
        return false;
    /* Grows when the count reaches a power of two: nothing but items and count to keep. */
    if ((list->count & (list->count - 1)) == 0) {
        size_t capacity = list->count ? list->count * 2 : 1;
        char **items = realloc(list->items, capacity * sizeof *items);
        if (!items) {
            free(copy);
            return false;
        }
        list->items = items;
    }
    list->items[list->count++] = copy;
    return true;
}

bool string_list_has(const struct string_list *list, const char *text) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

bool string_list_add_unique(struct string_list *list, const char *text) {
    return string_list_has(list, text) || string_list_add(list, text);
}

bool string_list_copy(const struct string_list *from, struct string_list *out) {
    struct string_list copy = {0};
    for (size_t i = 0; i < from->count; i++)
        if (!string_list_add(&copy, from->items[i])) {
            string_list_finish(&copy);
            return false;
        }
    *out = copy;
    return true;
}

void string_list_finish(struct string_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct string_list){0};
}

enum { NEAREST_LENGTH_LIMIT = 63 };

/* Levenshtein's distance, case folded, by two rows. */
static size_t edit_distance(const char *a, const char *b) {
    size_t length_b = strlen(b);
    size_t row[NEAREST_LENGTH_LIMIT + 1];
    for (size_t j = 0; j <= length_b; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = diagonal + (same ? 0 : 1);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[length_b];
}

const char *nearest_word(const char *word, const char *const *words) {
    if (strlen(word) > NEAREST_LENGTH_LIMIT)
        return NULL;
    const char *nearest = NULL;
    size_t shortest = strlen(word) / 3 + 2; /* a third of the letters may be wrong */
    for (; *words; words++) {
        if (strlen(*words) > NEAREST_LENGTH_LIMIT)
            continue;
        size_t distance = edit_distance(word, *words);
        if (distance < shortest) {
            shortest = distance;
            nearest = *words;
        }
    }
    return nearest;
}
