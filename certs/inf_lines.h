/* Inside certs/: the lines of an INF file, and what kind each is, before anything is read out of
 * them. */
#pragma once

#include "certs/inf.h"

struct inf_lines {
    char **items; /* each ends with a NUL; borrowed from the text they were split from */
    size_t count;
    size_t last_solid; /* 1 more than the last that is a section's or an entry's; 0: none */
};
/* False: memory. `text` is written to, and must outlive the lines. */
bool inf_lines_split(struct buffer *text, const struct inf_grammar *grammar, struct inf_lines *out);
void inf_lines_finish(struct inf_lines *lines);

enum inf_line_kind {
    INF_LINE_BLANK,
    INF_LINE_COMMENT,
    INF_LINE_SECTION,
    INF_LINE_ENTRY,
    INF_LINE_LACKING, /* begins with a known key, and has no "=" */
    INF_LINE_PROSE,   /* neither of these: words without their ";" */
};
/* `section`: the one it stands in, NULL before the first. */
enum inf_line_kind inf_line_kind(const char *line, const char *section,
                                 const struct inf_grammar *grammar);

/* The known key that a line begins with, for INF_LINE_LACKING. Returns `out`. */
enum { INF_WORD_SIZE = 64 };
const char *inf_line_first_word(const char *line, char out[static INF_WORD_SIZE]);
/* The section's name that a line of INF_LINE_SECTION gives, without blanks around it; cut where
 * longer. `rest`, may be NULL: what stands behind the "]"; NULL is put there if there is none. */
enum { INF_SECTION_SIZE = 256 };
void inf_line_section(const char *line, char out[static INF_SECTION_SIZE], const char **rest);

/* How many lines below `at` hold the rest of the quoted value that line `at` does not end; 0 if
 * that is not certain. */
size_t inf_lines_of_quote(const struct inf_lines *lines, size_t at, const char *section,
                          const struct inf_grammar *grammar);

/* ---- characters ---- */

struct inf_mark {
    uint32_t point;
    size_t bytes;
};
/* The character there; false at the end. */
bool inf_mark_read(const char *text, struct inf_mark *out);
bool inf_is_blank(uint32_t point);       /* a space, a tab, and what documents have for them */
bool inf_is_odd_blank(uint32_t point);   /* … these alone */
bool inf_is_invisible(uint32_t point);   /* without width and without meaning */
bool inf_is_curly_quote(uint32_t point); /* a typographic double quote */
const char *inf_skip_blanks(const char *text);
/* Nothing but blanks up to the end or a comment? */
bool inf_is_idle(const char *text);
