/* Command lines for people to copy. */
#pragma once

#include "ctl/ctl.h"

/* Appends "mailstorectl VERB ARGUMENT" with the options by which this run found its store (--store
 * where the verb takes it), quoted for a POSIX shell. `argument` may be NULL. */
void command_line_append(const struct ctl *ctl, const char *verb, const char *argument,
                         struct buffer *out);
/* A sentence with commands in it, "mailstorectl VERB …", each with those options. */
void command_line_append_mend(const struct ctl *ctl, const char *mend, struct buffer *out);
/* The same as a text, to stand in a sentence: borrowed from `line`, which is the caller's to
 * finish. */
const char *command_line_text(const struct ctl *ctl, const char *verb, const char *argument,
                              struct buffer *line);
