/* Words of a command line, for people to copy. */
#pragma once

#include "base/blob.h"

/* Appends one word for a POSIX shell, between quotes where it needs them. */
void shell_append_word(struct buffer *out, const char *word);
