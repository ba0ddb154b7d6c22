/* Text that was read out of a file, and where in the file each of its characters stands: quotes,
 * tokens and joined lines make the one differ from the other. */
#pragma once

#include "base/blob.h"

struct inf_place {
    unsigned line, column; /* from 1, columns in characters; 0: the file as a whole */
};

/* Zero-initialised is empty. Out of memory shows in `text.failed`. */
struct inf_text {
    struct buffer text;
    struct inf_run *runs;
    size_t run_count;
    struct inf_place next; /* where a character would have to stand to go on with the last run */
};
void inf_text_finish(struct inf_text *text);

/* The text itself; "" if nothing was appended. Borrowed. */
const char *inf_text_chars(const struct inf_text *text);

/* Appends one character, which stands at `place`. */
void inf_text_append(struct inf_text *text, const char *bytes, size_t size, struct inf_place place);
/* Appends what stands in for something else at `place`: a token's value. */
void inf_text_insert(struct inf_text *text, const char *value, struct inf_place place);
void inf_text_join(struct inf_text *text, const struct inf_text *more);
/* Keeps the first `size` octets. */
void inf_text_cut(struct inf_text *text, size_t size);

/* Where the character at this offset stands. */
struct inf_place inf_text_place(const struct inf_text *text, size_t offset);
