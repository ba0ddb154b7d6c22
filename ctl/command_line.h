/* Command lines for people to copy. */
#pragma once

#include "ctl/ctl.h"

/* Appends "mailstorectl VERB ARGUMENT" with the options by which this run found its store, quoted
 * for a POSIX shell. `argument` may be NULL. */
void command_line_append(const struct ctl *ctl, const char *verb, const char *argument,
                         struct buffer *out);
/* One word, quoted where it needs to be. */
void command_line_append_word(const char *word, struct buffer *out);
