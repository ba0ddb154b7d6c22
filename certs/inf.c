#include "certs/inf.h"

#include "certs/inf_lines.h"
#include "certs/inf_strings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Tokens make a file longer; this is as long as all of them together may make it. */
enum { INSERTED_LIMIT = 1024 * 1024 };

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
struct spot {
    size_t line, at;
    unsigned column;
};

bool inf_same_name(const char *a, const char *b) {
    return strcasecmp(a, b) == 0;
}

static bool is_strings(const char *section) {
    return section && inf_same_name(section, "Strings");
}

/* ---- characters ---- */

static const char *text_at(const struct inf_reader *reader, const struct spot *spot) {
    return reader->lines.items[spot->line] + spot->at;
}

static struct inf_place place_of(const struct spot *spot) {
    return (struct inf_place){(unsigned)spot->line + 1, spot->column};
}

static bool peek(const struct inf_reader *reader, const struct spot *spot, struct inf_mark *out) {
    return inf_mark_read(text_at(reader, spot), out);
}

static void step(struct spot *spot, const struct inf_mark *mark) {
    spot->at += mark->bytes;
    spot->column++;
}

/* A blank or something invisible that typing does not make; once for each line. */
static void tell_odd(struct inf_reader *reader, const struct spot *spot, uint32_t point) {
    if (reader->odd_line == spot->line + 1)
        return;
    reader->odd_line = (unsigned)spot->line + 1;
    if (inf_is_invisible(point))
        inf_damage(reader->remarks, place_of(spot), "remove it", "left out",
                   "an invisible character (U+%04X) stands here", (unsigned)point);
    else
        inf_damage(reader->remarks, place_of(spot), "write an ordinary space", "read as a space",
                   "a blank that is no ordinary space (U+%04X) stands here", (unsigned)point);
}

/* Steps over a character; gives what it is read as, 0 for one that counts as nothing. */
static uint32_t take(struct inf_reader *reader, struct spot *spot, const struct inf_mark *mark) {
    uint32_t point = mark->point;
    if (inf_is_invisible(point) || inf_is_odd_blank(point)) {
        tell_odd(reader, spot, point);
        point = inf_is_invisible(point) ? 0 : ' ';
    }
    step(spot, mark);
    return point;
}

static void skip_blanks(struct inf_reader *reader, struct spot *spot) {
    struct inf_mark mark;
    while (peek(reader, spot, &mark) && (inf_is_blank(mark.point) || inf_is_invisible(mark.point)))
        take(reader, spot, &mark);
}

/* ---- fields ---- */

static void begin_field(struct inf_reader *reader) {
    reader->field_size = 0;
    reader->cut = (struct inf_place){0, 0};
}

static bool has_room(struct inf_reader *reader, size_t more, struct inf_place place) {
    reader->field_size += more;
    if (reader->field_size < INF_FIELD_LIMIT)
        return true;
    if (reader->cut.line == 0) {
        reader->cut = place;
        inf_mistake(reader->remarks, place,
                    "the key or value that reaches to here has more than the %d characters that an "
                    "INF file allows: shorten it, or spread it over several _continue_ lines",
                    INF_FIELD_LIMIT - 1);
    }
    return false;
}

/* Takes one character into the field. */
static void take_into(struct inf_reader *reader, struct spot *spot, const struct inf_mark *mark,
                      struct inf_text *field) {
    const char *bytes = text_at(reader, spot);
    struct inf_place place = place_of(spot);
    uint32_t point = take(reader, spot, mark);
    if (point == 0 || !has_room(reader, 1, place))
        return;
    if (point == mark->point)
        inf_text_append(field, bytes, mark->bytes, place);
    else
        inf_text_append(field, " ", 1, place);
}

static size_t characters_of(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* A token that stands for nothing stays as it is written. */
static void keep_token(struct inf_reader *reader, const char *name, struct inf_place place,
                       struct inf_text *field) {
    if (!has_room(reader, characters_of(name) + 2, place))
        return;
    inf_text_insert(field, "%", place);
    inf_text_insert(field, name, place);
    inf_text_insert(field, "%", place);
}

/* What stands in for %name%. */
static void insert_string(struct inf_reader *reader, const char *name, struct inf_place place,
                          struct inf_text *field) {
    char shown[INF_SHOWN_SIZE], shown_nearest[INF_SHOWN_SIZE];
    const char *value = inf_strings_find(&reader->strings, name);
    if (!value && !inf_remarks_full(reader->remarks)) {
        const char *nearest = inf_strings_nearest(&reader->strings, name);
        if (nearest)
            inf_mistake(reader->remarks, place,
                        "[Strings] does not define \"%s\": did you mean %%%s%%?",
                        inf_shown(name, shown), inf_shown(nearest, shown_nearest));
        else
            inf_mistake(reader->remarks, place,
                        "[Strings] does not define \"%s\": define it there, or write %%%% where a "
                        "percent sign is meant",
                        inf_shown(name, shown));
    }
    if (!value) {
        keep_token(reader, name, place, field);
        return;
    }
    reader->inserted += strlen(value);
    if (reader->inserted > INSERTED_LIMIT) {
        inf_mistake(reader->remarks, place,
                    "the file's %%tokens%% stand for more than %d octets: use fewer of them",
                    INSERTED_LIMIT);
        return;
    }
    if (has_room(reader, characters_of(value), place))
        inf_text_insert(field, value, place);
}

/* One within [Strings]. */
static void refuse_string(struct inf_reader *reader, const char *name, struct inf_place place,
                          struct inf_text *field) {
    char shown[INF_SHOWN_SIZE];
    inf_mistake(reader->remarks, place,
                "a string cannot be made of another one (%%%s%%): write its value, or %%%% where a "
                "percent sign is meant",
                inf_shown(name, shown));
    keep_token(reader, name, place, field);
}

/* At a "%": "%%", or a token. */
static void read_token(struct inf_reader *reader, struct spot *spot, struct inf_text *field) {
    const struct inf_mark percent = {'%', 1};
    struct inf_place place = place_of(spot);
    const char *name = text_at(reader, spot) + 1;
    const char *end = strchr(name, '%');
    if (!end || end == name) {
        if (!end)
            inf_mistake(reader->remarks, place,
                        "a \"%%\" begins the name of a string, and no second one ends it: write "
                        "%%%% for a percent sign");
        if (has_room(reader, 1, place))
            inf_text_append(field, "%", 1, place);
        step(spot, &percent);
        if (end)
            step(spot, &percent);
        return;
    }
    char *copy = strndup(name, (size_t)(end - name));
    spot->at += (size_t)(end - name) + 2;
    spot->column += (unsigned)(copy ? characters_of(copy) : 0) + 2;
    if (!copy)
        field->text.failed = true;
    else if (is_strings(reader->section))
        refuse_string(reader, copy, place, field);
    else if (!reader->collecting)
        insert_string(reader, copy, place, field);
    free(copy);
}

/* ---- quotes ---- */

struct quote {
    struct spot from;
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
static void tell_broken(struct inf_reader *reader, struct quote *quote, const struct spot *next,
                        bool certain) {
    if (reader->remarks && reader->remarks->tolerant && !certain)
        inf_mistake(reader->remarks, place_of(next),
                    "the value is broken here in the midst of its words, and whether a space "
                    "belongs between them cannot be known: write all of it on one line");
    else if (!quote->told)
        inf_damage(reader->remarks, place_of(&quote->from), "write all of it on one line",
                   "its lines were joined", "the value that begins here is broken over %zu lines",
                   quote->lines);
    quote->told = true;
}

/* The line ends within quotes. True if reading goes on with the next line. */
static bool break_line(struct inf_reader *reader, struct spot *spot, struct quote *quote,
                       struct inf_text *field) {
    size_t size = field->text.size;
    bool last = spot->line + 1 >= reader->lines.count;
    if (size > 0 && field->text.data[size - 1] == '\\' && !last) {
        inf_text_cut(field, size - 1);
        *spot = (struct spot){spot->line + 1, 0, 1};
        skip_blanks(reader, spot);
        return true;
    }
    if (!quote->told) {
        quote->lines_more =
            inf_lines_of_quote(&reader->lines, spot->line, reader->section, reader->grammar);
        quote->lines = quote->lines_more + 1;
    }
    if (quote->lines_more == 0) {
        if (!quote->told)
            inf_mistake(reader->remarks, place_of(&quote->from),
                        "the quote that opens here is not closed: write a \" at the value's end, "
                        "on the same line");
        return false;
    }
    quote->lines_more--;
    struct spot next = {spot->line + 1, 0, 1};
    tell_broken(reader, quote, &next, join_is_certain(field, text_at(reader, &next)));
    size = field->text.size;
    if (size > 0 && field->text.data[size - 1] != ' ' && has_room(reader, 1, place_of(spot)))
        inf_text_append(field, " ", 1, place_of(spot));
    *spot = next;
    skip_blanks(reader, spot);
    return true;
}

/* Does the quote character here close the quote? */
static bool closes(const struct inf_reader *reader, const struct spot *spot,
                   const struct inf_mark *mark, const struct quote *quote) {
    const char *rest = text_at(reader, spot) + mark->bytes;
    if (inf_is_curly_quote(mark->point))
        return quote->curly || inf_is_idle(rest);
    return true;
}

static void tell_curly(struct inf_reader *reader, const struct spot *spot) {
    inf_damage(reader->remarks, place_of(spot), "write \"", "read as \"",
               "a typographic quotation mark stands here");
}

/* At a quote that opens; ends behind the one that closes, or at the end of a line. */
static void read_quoted(struct inf_reader *reader, struct spot *spot, struct inf_text *field) {
    struct inf_mark mark;
    struct quote quote = {.from = *spot};
    if (!peek(reader, spot, &mark))
        return;
    quote.curly = inf_is_curly_quote(mark.point);
    if (quote.curly)
        tell_curly(reader, spot);
    step(spot, &mark);
    for (;;) {
        if (!peek(reader, spot, &mark)) {
            if (!break_line(reader, spot, &quote, field))
                return;
        } else if (mark.point == '"' && text_at(reader, spot)[1] == '"') {
            take_into(reader, spot, &mark, field);
            step(spot, &mark);
        } else if ((mark.point == '"' || inf_is_curly_quote(mark.point)) &&
                   closes(reader, spot, &mark, &quote)) {
            if (inf_is_curly_quote(mark.point) && !quote.curly)
                tell_curly(reader, spot);
            step(spot, &mark);
            return;
        } else if (mark.point == '%') {
            read_token(reader, spot, field);
        } else {
            take_into(reader, spot, &mark, field);
        }
    }
}

/* ---- keys and values ---- */

static void read_key(struct inf_reader *reader, struct spot *spot, struct inf_text *key) {
    struct inf_mark mark;
    begin_field(reader);
    while (peek(reader, spot, &mark) && mark.point != '=') {
        if (mark.point == '%')
            read_token(reader, spot, key);
        else if (mark.point == '"')
            step(spot, &mark);
        else
            take_into(reader, spot, &mark, key);
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

static void tell_stray(struct inf_reader *reader, const struct spot *spot,
                       struct value_state *state) {
    if (!state->told)
        inf_mistake(reader->remarks, place_of(spot),
                    "quotes enclose a part of the value alone: put all of it in quotes, and write "
                    "a quote within them twice");
    state->told = true;
}

static void read_value_mark(struct inf_reader *reader, struct spot *spot,
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
        read_token(reader, spot, field);
    else
        take_into(reader, spot, mark, field);
    if (!blank) {
        state->keep = field->text.size;
        state->quoted = false;
        state->fresh = separator;
    }
}

/* A "\" that ends its line: the value goes on with the next. */
static bool is_continued(const struct inf_reader *reader, const struct spot *spot,
                         const struct inf_mark *mark) {
    return mark->point == '\\' && inf_is_idle(text_at(reader, spot) + 1) &&
           spot->line + 1 < reader->lines.count;
}

static void read_value_lines(struct inf_reader *reader, struct spot *spot, struct inf_text *field,
                             struct value_state *state) {
    struct inf_mark mark;
    skip_blanks(reader, spot);
    while (peek(reader, spot, &mark) && mark.point != ';') {
        if (!state->quoted && is_continued(reader, spot, &mark)) {
            *spot = (struct spot){spot->line + 1, 0, 1};
            skip_blanks(reader, spot);
        } else if (state->quoted && is_continued(reader, spot, &mark)) {
            *spot = (struct spot){spot->line + 1, 0, 1};
            skip_blanks(reader, spot);
            state->fresh = true; /* "first part" \ "second part" */
        } else {
            read_value_mark(reader, spot, &mark, field, state);
        }
    }
    inf_text_cut(field, state->keep);
}

/* An unquoted value that the document broke, if the next line can be nothing else. */
static bool goes_on(const struct inf_reader *reader, const struct spot *spot,
                    const struct inf_entry *entry, const struct value_state *state) {
    size_t size = entry->value.text.size, next = spot->line + 1;
    if (state->any_quoted || size == 0 || next >= reader->lines.count || reader->collecting)
        return false;
    char last = entry->value.text.data[size - 1];
    return (last == ',' || last == ';') &&
           reader->grammar->is_more(reader->context, reader->section, inf_text_chars(&entry->key),
                                    reader->lines.items[next]);
}

static void read_value(struct inf_reader *reader, struct spot *spot, struct inf_entry *entry) {
    struct value_state state = {.fresh = true};
    struct inf_text *field = &entry->value;
    struct spot from = *spot;
    begin_field(reader);
    read_value_lines(reader, spot, field, &state);
    unsigned lines = 1;
    for (; goes_on(reader, spot, entry, &state); lines++) {
        inf_text_append(field, " ", 1, place_of(spot));
        *spot = (struct spot){spot->line + 1, 0, 1};
        read_value_lines(reader, spot, field, &state);
    }
    skip_blanks(reader, &from);
    if (lines > 1)
        inf_damage(reader->remarks, place_of(&from), "write all of it on one line",
                   "its lines were joined", "the value that begins here is broken over %u lines",
                   lines);
    entry->quoted = state.any_quoted;
}

/* ---- lines ---- */

static void finish_entry(struct inf_reader *reader, struct inf_entry *entry) {
    bool failed = entry->key.text.failed || entry->value.text.failed;
    if (!failed && reader->collecting && is_strings(reader->section))
        failed = !inf_strings_add(&reader->strings, inf_text_chars(&entry->key),
                                  inf_text_chars(&entry->value), inf_text_place(&entry->key, 0));
    else if (!failed && !reader->collecting && reader->section)
        reader->grammar->entry(reader->context, entry);
    reader->out_of_memory |= failed;
}

/* "key = value", from there to the value's last line. */
static void read_entry(struct inf_reader *reader, struct spot *spot) {
    struct inf_entry entry = {.section = reader->section};
    struct inf_mark mark;
    skip_blanks(reader, spot);
    if (!reader->section)
        inf_mistake(reader->remarks, place_of(spot),
                    "this line stands before the first section: write the section that it belongs "
                    "to above it, for example [NewRequest]");
    struct spot from = *spot;
    read_key(reader, spot, &entry.key);
    if (entry.key.text.size == 0)
        inf_mistake(reader->remarks, place_of(&from),
                    "nothing stands before the \"=\": write the key there");
    if (peek(reader, spot, &mark))
        step(spot, &mark);
    read_value(reader, spot, &entry);
    reader->after_comment = *text_at(reader, spot) == ';';
    finish_entry(reader, &entry);
    inf_text_finish(&entry.key);
    inf_text_finish(&entry.value);
}

static void read_lacking(struct inf_reader *reader, const struct spot *spot) {
    char word[INF_WORD_SIZE], shown[INF_SHOWN_SIZE];
    inf_line_first_word(text_at(reader, spot), word);
    inf_mistake(reader->remarks, place_of(spot), "\"=\" is missing: write %s = …",
                inf_shown(word, shown));
    reader->after_comment = false;
}

/* Words where only sections and entries stand. What goes on from a comment, what stands before the
 * first section and behind the last entry can be nothing but a comment. */
static void read_prose(struct inf_reader *reader, const struct spot *spot) {
    static const char wrong[] = "this line is neither a [section] nor \"key = value\"";
    bool more = reader->after_comment;
    bool certain = more || !reader->section || spot->line >= reader->lines.last_solid;
    if (reader->after_prose)
        return;
    if (!certain)
        inf_mistake(reader->remarks, place_of(spot),
                    "%s: if it is a comment, write \";\" before it", wrong);
    else if (more)
        inf_damage(reader->remarks, place_of(spot), "write \";\" before it", "taken as a comment",
                   "%s, and looks like the rest of the comment on the line before", wrong);
    else
        inf_damage(reader->remarks, place_of(spot), "write \";\" before it, or remove it",
                   "taken as a comment", "%s", wrong);
}

static void read_section(struct inf_reader *reader, struct spot *spot) {
    const char *rest = NULL;
    char shown[INF_SHOWN_SIZE];
    struct inf_place place = place_of(spot);
    const char *line = text_at(reader, spot);
    inf_line_section(line, reader->section_name, &rest);
    reader->section = reader->section_name;
    if (!rest)
        inf_mistake(reader->remarks, place, "a \"]\" is missing: write [%s]",
                    inf_shown(reader->section_name, shown));
    if (!reader->collecting)
        reader->grammar->section(reader->context, reader->section, place);
    reader->after_comment = rest && *inf_skip_blanks(rest) == ';';
    if (!rest || inf_is_idle(rest))
        return;
    for (struct inf_mark mark; text_at(reader, spot) < rest && peek(reader, spot, &mark);)
        step(spot, &mark);
    skip_blanks(reader, spot);
    bool entry = inf_line_kind(rest, reader->section, reader->grammar) == INF_LINE_ENTRY;
    inf_damage(reader->remarks, place_of(spot),
               entry ? "write it on a line of its own" : "write \";\" before it, or remove it",
               entry ? "read as a line of its own" : "taken as a comment",
               "something stands behind the section's name");
    reader->after_comment = !entry;
    if (entry)
        read_entry(reader, spot);
}

/* Reads what begins at line `at`; gives the line that comes next. */
static size_t read_line(struct inf_reader *reader, size_t at) {
    struct spot spot = {at, 0, 1};
    const char *line = reader->lines.items[at];
    enum inf_line_kind kind = inf_line_kind(line, reader->section, reader->grammar);
    struct inf_mark mark;
    if (kind == INF_LINE_BLANK || kind == INF_LINE_COMMENT) {
        reader->after_comment = kind == INF_LINE_COMMENT;
        if (kind == INF_LINE_COMMENT)
            reader->after_prose = false;
        return at + 1;
    }
    while (peek(reader, &spot, &mark) && (inf_is_blank(mark.point) || inf_is_invisible(mark.point)))
        step(&spot, &mark);
    if (kind == INF_LINE_SECTION)
        read_section(reader, &spot);
    else if (kind == INF_LINE_ENTRY)
        read_entry(reader, &spot);
    else if (kind == INF_LINE_LACKING)
        read_lacking(reader, &spot);
    else
        read_prose(reader, &spot);
    reader->after_prose = kind == INF_LINE_PROSE;
    return spot.line + 1;
}

static void read_lines(struct inf_reader *reader) {
    reader->section = NULL;
    reader->after_comment = reader->after_prose = false;
    for (size_t at = 0; at < reader->lines.count && !inf_remarks_full(reader->remarks);)
        at = read_line(reader, at);
}

void inf_read(struct buffer *text, const struct inf_grammar *grammar, void *context,
              struct inf_remarks *remarks) {
    struct inf_reader reader = {.grammar = grammar, .context = context, .collecting = true};
    if (!inf_lines_split(text, grammar, &reader.lines)) {
        remarks->out_of_memory = true;
        return;
    }
    /* [Strings] mostly stands at the end, and its tokens before. */
    read_lines(&reader);
    reader.remarks = remarks;
    reader.collecting = false;
    inf_strings_settle(&reader.strings, remarks);
    read_lines(&reader);
    remarks->out_of_memory |= reader.out_of_memory;
    inf_strings_finish(&reader.strings);
    inf_lines_finish(&reader.lines);
}
