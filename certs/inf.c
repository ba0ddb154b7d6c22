#include "certs/inf.h"

#include "certs/inf_field.h"

#include <string.h>
#include <strings.h>

bool inf_same_name(const char *a, const char *b) {
    return strcasecmp(a, b) == 0;
}

static void finish_entry(struct inf_reader *reader, struct inf_entry *entry) {
    bool failed = entry->key.text.failed || entry->value.text.failed;
    if (!failed && reader->collecting && inf_is_strings(reader->section))
        failed = !inf_strings_add(&reader->strings, inf_text_chars(&entry->key),
                                  inf_text_chars(&entry->value), inf_text_place(&entry->key, 0));
    else if (!failed && !reader->collecting && reader->section)
        reader->grammar->entry(reader->context, entry);
    reader->out_of_memory |= failed;
}

/* "key = value", from there to the value's last line. */
static void read_entry(struct inf_reader *reader, struct inf_spot *spot) {
    struct inf_entry entry = {.section = reader->section};
    struct inf_mark mark;
    inf_pass_blanks(reader, spot);
    if (!reader->section)
        inf_mistake(reader->remarks, inf_place_of(spot),
                    "this line stands before the first section: write the section that it belongs "
                    "to above it, for example [NewRequest]");
    struct inf_spot from = *spot;
    inf_read_key(reader, spot, &entry.key);
    if (entry.key.text.size == 0)
        inf_mistake(reader->remarks, inf_place_of(&from),
                    "nothing stands before the \"=\": write the key there");
    if (inf_peek(reader, spot, &mark))
        inf_step(spot, &mark);
    inf_read_value(reader, spot, &entry);
    reader->after_comment = *inf_text_at(reader, spot) == ';';
    finish_entry(reader, &entry);
    inf_text_finish(&entry.key);
    inf_text_finish(&entry.value);
}

static void read_lacking(struct inf_reader *reader, const struct inf_spot *spot) {
    char word[INF_WORD_SIZE], shown[INF_SHOWN_SIZE];
    inf_line_first_word(inf_text_at(reader, spot), word);
    inf_mistake(reader->remarks, inf_place_of(spot), "\"=\" is missing: write %s = …",
                inf_shown(word, shown));
    reader->after_comment = false;
}

/* Words where only sections and entries stand. What goes on from a comment, what stands before the
 * first section and behind the last entry can be nothing but a comment. */
static void read_prose(struct inf_reader *reader, const struct inf_spot *spot) {
    static const char wrong[] = "this line is neither a [section] nor \"key = value\"";
    bool more = reader->after_comment;
    bool certain = more || !reader->section || spot->line >= reader->lines.last_solid;
    if (reader->after_prose)
        return;
    if (!certain)
        inf_mistake(reader->remarks, inf_place_of(spot),
                    "%s: if it is a comment, write \";\" before it", wrong);
    else if (more)
        inf_damage(reader->remarks, inf_place_of(spot), "write \";\" before it",
                   "taken as a comment",
                   "%s, and looks like the rest of the comment on the line before", wrong);
    else
        inf_damage(reader->remarks, inf_place_of(spot), "write \";\" before it, or remove it",
                   "taken as a comment", "%s", wrong);
}

static void read_section(struct inf_reader *reader, struct inf_spot *spot) {
    const char *rest = NULL;
    struct inf_place place = inf_place_of(spot);
    const char *line = inf_text_at(reader, spot);
    inf_line_section(line, reader->section_name, &rest);
    reader->section = reader->section_name;
    if (!rest) {
        char shown[INF_SHOWN_SIZE];
        inf_mistake(reader->remarks, place, "a \"]\" is missing: write [%s]",
                    inf_shown(reader->section_name, shown));
    }
    if (!reader->collecting)
        reader->grammar->section(reader->context, reader->section, place);
    reader->after_comment = rest && *inf_skip_blanks(rest) == ';';
    if (!rest || inf_is_idle(rest))
        return;
    for (struct inf_mark mark; inf_text_at(reader, spot) < rest && inf_peek(reader, spot, &mark);)
        inf_step(spot, &mark);
    inf_pass_blanks(reader, spot);
    bool entry = inf_line_kind(rest, reader->section, reader->grammar) == INF_LINE_ENTRY;
    inf_damage(reader->remarks, inf_place_of(spot),
               entry ? "write it on a line of its own" : "write \";\" before it, or remove it",
               entry ? "read as a line of its own" : "taken as a comment",
               "something stands behind the section's name");
    reader->after_comment = !entry;
    if (entry)
        read_entry(reader, spot);
}

/* Reads what begins at line `at`; gives the line that comes next. */
static size_t read_line(struct inf_reader *reader, size_t at) {
    struct inf_spot spot = {at, 0, 1};
    const char *line = reader->lines.items[at];
    enum inf_line_kind kind = inf_line_kind(line, reader->section, reader->grammar);
    struct inf_mark mark;
    if (kind == INF_LINE_BLANK || kind == INF_LINE_COMMENT) {
        reader->after_comment = kind == INF_LINE_COMMENT;
        if (kind == INF_LINE_COMMENT)
            reader->after_prose = false;
        return at + 1;
    }
    while (inf_peek(reader, &spot, &mark) &&
           (inf_is_blank(mark.point) || inf_is_invisible(mark.point)))
        inf_step(&spot, &mark);
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
