/* The command line of mailstorectl: options may stand before or behind the verb. */
#pragma once

#include "base/string_list.h"
#include "ctl/ctl.h"

/* Reads `count` words (without the program's name). Gives the words that are no options, in order,
 * into `words` (borrowed pointers; room for `count`). False with ERROR_INPUT for an unknown option
 * or one without its value. */
bool options_read(const char *const *arguments, size_t count, struct ctl_options *out,
                  const char **words, size_t *word_count, struct error *err);

/* Is each option that was given one that this verb takes? */
bool options_fit(const struct ctl_options *options, const char *verb, struct error *err);

/* Appends the lines that describe the options of a verb, or for NULL those of all verbs. */
void options_describe(const char *verb, struct buffer *out);
