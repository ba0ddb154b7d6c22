/* What may stand at the end of a command line: shells ask the tool itself, so that there is one
 * table for all of them. */
#pragma once

#include "ctl/ctl.h"

/* `words`: those behind the program's name, the last one as far as it is typed (at least one, it
 * may be ""). Appends a line "words", "files" or "folders" (the shell completes those), and behind
 * "words" a line for each word that may stand there: it, and behind a tab what it means. */
void completion_find(const char *const *words, size_t count, int64_t now, struct buffer *out);
