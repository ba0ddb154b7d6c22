#include "certs/inf_lines.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* ---- characters ---- */

bool inf_mark_read(const char *text, struct inf_mark *out) {
    out->point = 0;
    out->bytes = utf8_read(text, &out->point);
    return *text != '\0' && out->bytes > 0;
}

bool inf_is_odd_blank(uint32_t point) {
    return point == 0xA0 || (point >= 0x2000 && point <= 0x200A) || point == 0x202F ||
           point == 0x205F || point == 0x3000;
}

bool inf_is_blank(uint32_t point) {
    return point == ' ' || point == '\t' || inf_is_odd_blank(point);
}

bool inf_is_invisible(uint32_t point) {
    return point == 0xAD || point == 0x200B || point == 0x200E || point == 0x200F ||
           point == 0x2060 || point == 0xFEFF;
}

bool inf_is_curly_quote(uint32_t point) {
    return point >= 0x201C && point <= 0x201F;
}

const char *inf_skip_blanks(const char *text) {
    struct inf_mark mark;
    while (inf_mark_read(text, &mark) && (inf_is_blank(mark.point) || inf_is_invisible(mark.point)))
        text += mark.bytes;
    return text;
}

bool inf_is_idle(const char *text) {
    text = inf_skip_blanks(text);
    return *text == '\0' || *text == ';';
}

/* ---- kinds ---- */

const char *inf_line_first_word(const char *line, char out[static INF_WORD_SIZE]) {
    struct inf_mark mark;
    size_t size = 0;
    line = inf_skip_blanks(line);
    for (; inf_mark_read(line, &mark) && !inf_is_blank(mark.point) && mark.point != '=';) {
        if (size + mark.bytes < INF_WORD_SIZE) {
            memcpy(out + size, line, mark.bytes);
            size += mark.bytes;
        }
        line += mark.bytes;
    }
    out[size] = '\0';
    return out;
}

/* What stands before "=", without its blanks. False if there is no "=" before a comment. */
static bool left_side(const char *line, char out[static INF_WORD_SIZE], size_t *words) {
    struct inf_mark mark;
    size_t size = 0;
    bool in_word = false;
    *words = 0;
    for (; inf_mark_read(line, &mark) && mark.point != '=' && mark.point != ';';
         line += mark.bytes) {
        if (inf_is_blank(mark.point)) {
            in_word = false;
            continue;
        }
        *words += !in_word;
        in_word = true;
        if (mark.point != '"' && !inf_is_invisible(mark.point) &&
            size + mark.bytes < INF_WORD_SIZE) {
            memcpy(out + size, line, mark.bytes);
            size += mark.bytes;
        }
    }
    out[size] = '\0';
    return *line == '=';
}

enum inf_line_kind inf_line_kind(const char *line, const char *section,
                                 const struct inf_grammar *grammar) {
    /* So many words are a sentence, even if the first of them is a key's name. */
    enum { SENTENCE = 4, KEY_WORDS = 2 };
    char word[INF_WORD_SIZE], key[INF_WORD_SIZE];
    size_t words = 0;
    line = inf_skip_blanks(line);
    if (*line == '\0')
        return INF_LINE_BLANK;
    if (*line == ';')
        return INF_LINE_COMMENT;
    if (*line == '[')
        return INF_LINE_SECTION;
    if (left_side(line, key, &words))
        return words <= KEY_WORDS || grammar->is_key(section, key) ? INF_LINE_ENTRY
                                                                   : INF_LINE_PROSE;
    if (words < SENTENCE && grammar->is_key(section, inf_line_first_word(line, word)))
        return INF_LINE_LACKING;
    return INF_LINE_PROSE;
}

void inf_line_section(const char *line, char out[static INF_SECTION_SIZE], const char **rest) {
    const char *name = inf_skip_blanks(inf_skip_blanks(line) + 1);
    const char *end = name + strcspn(name, "];");
    size_t size = (size_t)(end - name);
    if (rest)
        *rest = *end == ']' ? end + 1 : NULL;
    while (size > 0 && (name[size - 1] == ' ' || name[size - 1] == '\t'))
        size--;
    if (size >= INF_SECTION_SIZE)
        size = INF_SECTION_SIZE - 1;
    memcpy(out, name, size);
    out[size] = '\0';
}

/* ---- lines ---- */

static void find_last_solid(struct inf_lines *lines, const struct inf_grammar *grammar) {
    char section[INF_SECTION_SIZE];
    bool in_section = false;
    for (size_t i = 0; i < lines->count; i++) {
        enum inf_line_kind kind =
            inf_line_kind(lines->items[i], in_section ? section : NULL, grammar);
        if (kind == INF_LINE_SECTION) {
            inf_line_section(lines->items[i], section, NULL);
            in_section = true;
        }
        if (kind == INF_LINE_SECTION || kind == INF_LINE_ENTRY || kind == INF_LINE_LACKING)
            lines->last_solid = i + 1;
    }
}

bool inf_lines_split(struct buffer *text, const struct inf_grammar *grammar,
                     struct inf_lines *out) {
    size_t count = 1;
    for (size_t i = 0; i < text->size; i++)
        count += text->data[i] == '\n';
    struct inf_lines lines = {calloc(count, sizeof *lines.items), 0, 0};
    if (!lines.items)
        return false;
    for (char *line = text->data; line;) {
        char *end = strchr(line, '\n');
        lines.items[lines.count++] = line;
        if (end)
            *end++ = '\0';
        line = end;
    }
    find_last_solid(&lines, grammar);
    *out = lines;
    return true;
}

void inf_lines_finish(struct inf_lines *lines) {
    free(lines->items);
    *lines = (struct inf_lines){0};
}

/* The first quote of a line that is not written twice; NULL if there is none. */
static const char *lone_quote(const char *line) {
    struct inf_mark mark;
    for (; inf_mark_read(line, &mark); line += mark.bytes) {
        if (inf_is_curly_quote(mark.point))
            return line;
        if (mark.point == '"' && line[1] != '"')
            return line;
        if (mark.point == '"')
            line++;
    }
    return NULL;
}

size_t inf_lines_of_quote(const struct inf_lines *lines, size_t at, const char *section,
                          const struct inf_grammar *grammar) {
    enum { LINES_OF_A_VALUE = 12 };
    for (size_t i = at + 1; i < lines->count && i <= at + LINES_OF_A_VALUE; i++) {
        const char *line = lines->items[i];
        char key[INF_WORD_SIZE];
        size_t words = 0;
        enum inf_line_kind kind = inf_line_kind(line, section, grammar);
        if (kind != INF_LINE_ENTRY && kind != INF_LINE_PROSE)
            return 0;
        if (left_side(line, key, &words) && grammar->is_key(section, key))
            return 0;
        const char *quote = lone_quote(line);
        struct inf_mark mark;
        if (quote && inf_mark_read(quote, &mark))
            return inf_is_idle(quote + mark.bytes) ? i - at : 0;
    }
    return 0;
}
