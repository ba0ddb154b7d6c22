/* The command line of mailstorectl: options may stand before or behind the verb. */
#pragma once

#include "ctl/ctl.h"

/* Those of every verb; ends with a NULL name. */
extern const struct ctl_option ctl_common_options[];

struct ctl_given {
    const char *option; /* name, of the table */
    const char *value;  /* NULL: a switch */
};
/* As on the command line, in order; borrowed from it. */
struct ctl_options {
    struct ctl_given *items;
    size_t count;
};
void options_finish(struct ctl_options *options);

/* The option of that name, of `length` octets, in a table (NULL is legal); NULL: it is not there.
 */
const struct ctl_option *options_find(const struct ctl_option *table, const char *word,
                                      size_t length);

/* Reads `count` words (without the program's name). Gives the words that are no options, in order,
 * into `words` (borrowed pointers; room for `count`). False with ERROR_INPUT for an option that no
 * verb knows, one without its value, a switch with one. */
bool options_read(const char *const *arguments, size_t count, struct ctl_options *out,
                  const char **words, size_t *word_count, struct error *err);

/* Is each option that was given one that this verb takes, beside the others, and can its value be
 * one? Before the verb opens anything, so that a descriptor is what the caller left open. */
bool options_fit(const struct ctl_options *options, const struct ctl_verb *verb, struct error *err);

bool options_have(const struct ctl_options *options, const char *name);

/* The verb that the words begin with; `used` of them (1 or 2) are its name. NULL with ERROR_INPUT:
 * none, and what is near. */
const struct ctl_verb *verb_find(const char *const *words, size_t count, size_t *used,
                                 struct error *err);

/* Appends the lines that describe a table of options; nothing for NULL. */
void options_describe(const struct ctl_option *options, struct buffer *out);
