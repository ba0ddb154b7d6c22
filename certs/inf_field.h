/* Inside certs/: an INF file while it is read, character by character: where the reading stands,
 * and the keys and values it takes. */
#pragma once

#include "certs/inf_lines.h"
#include "certs/inf_strings.h"

struct inf_reader {
    const struct inf_grammar *grammar;
    void *context;
    struct inf_remarks *remarks; /* NULL while strings are collected */
    struct inf_lines lines;
    struct inf_strings strings;
    bool collecting, out_of_memory;
    char section_name[INF_SECTION_SIZE];
    const char *section;  /* section_name, or NULL before the first */
    bool after_comment;   /* the line before ended with one */
    bool after_prose;     /* … was prose, which was told already */
    unsigned odd_line;    /* whose odd blanks were told */
    size_t inserted;      /* octets put in by tokens */
    size_t field_size;    /* characters of the field being read */
    struct inf_place cut; /* where the field became too long */
};

/* A character's place within the lines. */
struct inf_spot {
    size_t line, at;
    unsigned column;
};

bool inf_is_strings(const char *section); /* NULL is none */

/* What stands there, up to the line's end. Borrowed. */
const char *inf_text_at(const struct inf_reader *reader, const struct inf_spot *spot);
struct inf_place inf_place_of(const struct inf_spot *spot);
/* The character there; false at the line's end. */
bool inf_peek(const struct inf_reader *reader, const struct inf_spot *spot, struct inf_mark *out);
void inf_step(struct inf_spot *spot, const struct inf_mark *mark);
/* Odd ones are told. */
void inf_pass_blanks(struct inf_reader *reader, struct inf_spot *spot);

/* ---- a key or value, of which there is one at a time ---- */

void inf_field_begin(struct inf_reader *reader);
/* For so many characters more; too many are told once. */
bool inf_field_has_room(struct inf_reader *reader, size_t more, struct inf_place place);
/* Steps over the character there, which becomes the field's next. */
void inf_field_take(struct inf_reader *reader, struct inf_spot *spot, const struct inf_mark *mark,
                    struct inf_text *field);
/* At a "%": "%%", or a token. */
void inf_field_take_token(struct inf_reader *reader, struct inf_spot *spot, struct inf_text *field);

/* ---- inf_value.c ---- */

/* Up to the "=". */
void inf_read_key(struct inf_reader *reader, struct inf_spot *spot, struct inf_text *key);
/* From behind the "=" to the end of its last line, or to the comment there. */
void inf_read_value(struct inf_reader *reader, struct inf_spot *spot, struct inf_entry *entry);
