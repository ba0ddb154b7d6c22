#include "certs/inf_field.h"

#include <string.h>

/* ---- quotes ---- */

struct quote {
    struct inf_spot from;
    bool curly;
    size_t lines, lines_more; /* that the value goes on over, once that is settled */
    bool told;
};

/* Joined with a blank where that is certain, which it is around a separator. */
static bool join_is_certain(const struct inf_text *field, const char *next) {
    size_t size = field->text.size;
    while (size > 0 && field->text.data[size - 1] == ' ')
        size--;
    bool before = size > 0 && strchr(",;&|", field->text.data[size - 1]);
    next = inf_skip_blanks(next);
    bool blank = size < field->text.size;
    return before || blank || (*next && strchr(",;&|", *next));
}

/* The value goes on with the line at `next`. */
static void tell_broken(struct inf_reader *reader, struct quote *quote, const struct inf_spot *next,
                        bool certain) {
    if (reader->remarks && reader->remarks->tolerant && !certain)
        inf_mistake(reader->remarks, inf_place_of(next),
                    "the value is broken here in the midst of its words, and whether a space "
                    "belongs between them cannot be known: write all of it on one line");
    else if (!quote->told)
        inf_damage(reader->remarks, inf_place_of(&quote->from), "write all of it on one line",
                   "its lines were joined", "the value that begins here is broken over %zu lines",
                   quote->lines);
    quote->told = true;
}

/* The line ends within quotes. True if reading goes on with the next line. */
static bool break_line(struct inf_reader *reader, struct inf_spot *spot, struct quote *quote,
                       struct inf_text *field) {
    size_t size = field->text.size;
    bool last = spot->line + 1 >= reader->lines.count;
    if (size > 0 && field->text.data[size - 1] == '\\' && !last) {
        inf_text_cut(field, size - 1);
        *spot = (struct inf_spot){spot->line + 1, 0, 1};
        inf_pass_blanks(reader, spot);
        return true;
    }
    if (!quote->told) {
        quote->lines_more =
            inf_lines_of_quote(&reader->lines, spot->line, reader->section, reader->grammar);
        quote->lines = quote->lines_more + 1;
    }
    if (quote->lines_more == 0) {
        if (!quote->told)
            inf_mistake(reader->remarks, inf_place_of(&quote->from),
                        "the quote that opens here is not closed: write a \" at the value's end, "
                        "on the same line");
        return false;
    }
    quote->lines_more--;
    struct inf_spot next = {spot->line + 1, 0, 1};
    tell_broken(reader, quote, &next, join_is_certain(field, inf_text_at(reader, &next)));
    size = field->text.size;
    if (size > 0 && field->text.data[size - 1] != ' ' &&
        inf_field_has_room(reader, 1, inf_place_of(spot)))
        inf_text_append(field, " ", 1, inf_place_of(spot));
    *spot = next;
    inf_pass_blanks(reader, spot);
    return true;
}

/* Does the quote character here close the quote? */
static bool closes(const struct inf_reader *reader, const struct inf_spot *spot,
                   const struct inf_mark *mark, const struct quote *quote) {
    const char *rest = inf_text_at(reader, spot) + mark->bytes;
    if (inf_is_curly_quote(mark->point))
        return quote->curly || inf_is_idle(rest);
    return true;
}

static void tell_curly(struct inf_reader *reader, const struct inf_spot *spot) {
    inf_damage(reader->remarks, inf_place_of(spot), "write \"", "read as \"",
               "a typographic quotation mark stands here");
}

/* At a quote that opens; ends behind the one that closes, or at the end of a line. */
static void read_quoted(struct inf_reader *reader, struct inf_spot *spot, struct inf_text *field) {
    struct inf_mark mark;
    struct quote quote = {.from = *spot};
    if (!inf_peek(reader, spot, &mark))
        return;
    quote.curly = inf_is_curly_quote(mark.point);
    if (quote.curly)
        tell_curly(reader, spot);
    inf_step(spot, &mark);
    for (;;) {
        if (!inf_peek(reader, spot, &mark)) {
            if (!break_line(reader, spot, &quote, field))
                return;
        } else if (mark.point == '"' && inf_text_at(reader, spot)[1] == '"') {
            inf_field_take(reader, spot, &mark, field);
            inf_step(spot, &mark);
        } else if ((mark.point == '"' || inf_is_curly_quote(mark.point)) &&
                   closes(reader, spot, &mark, &quote)) {
            if (inf_is_curly_quote(mark.point) && !quote.curly)
                tell_curly(reader, spot);
            inf_step(spot, &mark);
            return;
        } else if (mark.point == '%') {
            inf_field_take_token(reader, spot, field);
        } else {
            inf_field_take(reader, spot, &mark, field);
        }
    }
}

/* ---- keys and values ---- */

void inf_read_key(struct inf_reader *reader, struct inf_spot *spot, struct inf_text *key) {
    struct inf_mark mark;
    inf_field_begin(reader);
    while (inf_peek(reader, spot, &mark) && mark.point != '=') {
        if (mark.point == '%')
            inf_field_take_token(reader, spot, key);
        else if (mark.point == '"')
            inf_step(spot, &mark);
        else
            inf_field_take(reader, spot, &mark, key);
    }
    size_t size = key->text.size;
    while (size > 0 && key->text.data[size - 1] == ' ')
        size--;
    inf_text_cut(key, size);
}

/* What a value is made of so far. */
struct value_state {
    size_t keep; /* of the field: blanks behind it go */
    bool quoted; /* a quoted part stands there, and nothing since */
    bool fresh;  /* nothing stands there, or a separator: a quote may open */
    bool told;   /* of a stray quote or words */
    bool any_quoted;
};

static void tell_stray(struct inf_reader *reader, const struct inf_spot *spot,
                       struct value_state *state) {
    if (!state->told)
        inf_mistake(reader->remarks, inf_place_of(spot),
                    "quotes enclose a part of the value alone: put all of it in quotes, and write "
                    "a quote within them twice");
    state->told = true;
}

static void read_value_mark(struct inf_reader *reader, struct inf_spot *spot,
                            const struct inf_mark *mark, struct inf_text *field,
                            struct value_state *state) {
    bool separator = mark->point == ',' || mark->point == '|';
    bool blank = inf_is_blank(mark->point) || inf_is_invisible(mark->point);
    if (mark->point == '"' || (inf_is_curly_quote(mark->point) && state->fresh)) {
        if (!state->fresh)
            tell_stray(reader, spot, state);
        read_quoted(reader, spot, field);
        state->quoted = state->any_quoted = true;
        state->fresh = false;
        state->keep = field->text.size;
        return;
    }
    if (state->quoted && !blank && !separator)
        tell_stray(reader, spot, state);
    if (mark->point == '%')
        inf_field_take_token(reader, spot, field);
    else
        inf_field_take(reader, spot, mark, field);
    if (!blank) {
        state->keep = field->text.size;
        state->quoted = false;
        state->fresh = separator;
    }
}

/* A "\" that ends its line: the value goes on with the next. */
static bool is_continued(const struct inf_reader *reader, const struct inf_spot *spot,
                         const struct inf_mark *mark) {
    return mark->point == '\\' && inf_is_idle(inf_text_at(reader, spot) + 1) &&
           spot->line + 1 < reader->lines.count;
}

static void read_value_lines(struct inf_reader *reader, struct inf_spot *spot,
                             struct inf_text *field, struct value_state *state) {
    struct inf_mark mark;
    inf_pass_blanks(reader, spot);
    while (inf_peek(reader, spot, &mark) && mark.point != ';') {
        if (!state->quoted && is_continued(reader, spot, &mark)) {
            *spot = (struct inf_spot){spot->line + 1, 0, 1};
            inf_pass_blanks(reader, spot);
        } else if (state->quoted && is_continued(reader, spot, &mark)) {
            *spot = (struct inf_spot){spot->line + 1, 0, 1};
            inf_pass_blanks(reader, spot);
            state->fresh = true; /* "first part" \ "second part" */
        } else {
            read_value_mark(reader, spot, &mark, field, state);
        }
    }
    inf_text_cut(field, state->keep);
}

/* An unquoted value that the document broke, if the next line can be nothing else. */
static bool goes_on(const struct inf_reader *reader, const struct inf_spot *spot,
                    const struct inf_entry *entry, const struct value_state *state) {
    size_t size = entry->value.text.size, next = spot->line + 1;
    if (!reader->section || state->any_quoted || size == 0 || next >= reader->lines.count ||
        reader->collecting)
        return false;
    char last = entry->value.text.data[size - 1];
    return (last == ',' || last == ';') &&
           reader->grammar->is_more(reader->context, reader->section, inf_text_chars(&entry->key),
                                    reader->lines.items[next]);
}

void inf_read_value(struct inf_reader *reader, struct inf_spot *spot, struct inf_entry *entry) {
    struct value_state state = {.fresh = true};
    struct inf_text *field = &entry->value;
    struct inf_spot from = *spot;
    inf_field_begin(reader);
    read_value_lines(reader, spot, field, &state);
    unsigned lines = 1;
    for (; goes_on(reader, spot, entry, &state); lines++) {
        inf_text_append(field, " ", 1, inf_place_of(spot));
        *spot = (struct inf_spot){spot->line + 1, 0, 1};
        read_value_lines(reader, spot, field, &state);
    }
    inf_pass_blanks(reader, &from);
    if (lines > 1)
        inf_damage(reader->remarks, inf_place_of(&from), "write all of it on one line",
                   "its lines were joined", "the value that begins here is broken over %u lines",
                   lines);
    entry->quoted = state.any_quoted;
}
