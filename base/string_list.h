/* A list of owned strings. Zero-initialised is empty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct string_list {
    char **items;
    size_t count;
};

bool string_list_add(struct string_list *list, const char *text); /* copies; false: out of memory */
bool string_list_add_unique(struct string_list *list, const char *text); /* true if there already */
bool string_list_has(const struct string_list *list, const char *text);
bool string_list_copy(const struct string_list *from, struct string_list *out);
void string_list_finish(struct string_list *list);

/* The word of `words` nearest to `word` by edit distance, for "did you mean …?"; NULL if none
 * is near. `words` ends with NULL. */
const char *nearest_word(const char *word, const char *const *words);
