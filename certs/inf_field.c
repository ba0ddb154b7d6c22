#include "certs/inf_field.h"

#include <stdlib.h>
#include <string.h>

/* Tokens make a file longer; this is as long as all of them together may make it. */
enum { INSERTED_LIMIT = 1024 * 1024 };

bool inf_is_strings(const char *section) {
    return section && inf_same_name(section, "Strings");
}

/* ---- characters ---- */

const char *inf_text_at(const struct inf_reader *reader, const struct inf_spot *spot) {
    return reader->lines.items[spot->line] + spot->at;
}

struct inf_place inf_place_of(const struct inf_spot *spot) {
    return (struct inf_place){(unsigned)spot->line + 1, spot->column};
}

bool inf_peek(const struct inf_reader *reader, const struct inf_spot *spot, struct inf_mark *out) {
    return inf_mark_read(inf_text_at(reader, spot), out);
}

void inf_step(struct inf_spot *spot, const struct inf_mark *mark) {
    spot->at += mark->bytes;
    spot->column++;
}

/* A blank or something invisible that typing does not make; once for each line. */
static void tell_odd(struct inf_reader *reader, const struct inf_spot *spot, uint32_t point) {
    if (reader->odd_line == spot->line + 1)
        return;
    reader->odd_line = (unsigned)spot->line + 1;
    if (inf_is_invisible(point))
        inf_damage(reader->remarks, inf_place_of(spot), "remove it", "left out",
                   "an invisible character (U+%04X) stands here", (unsigned)point);
    else
        inf_damage(reader->remarks, inf_place_of(spot), "write an ordinary space",
                   "read as a space", "a blank that is no ordinary space (U+%04X) stands here",
                   (unsigned)point);
}

/* Steps over a character; gives what it is read as, 0 for one that counts as nothing. */
static uint32_t take(struct inf_reader *reader, struct inf_spot *spot,
                     const struct inf_mark *mark) {
    uint32_t point = mark->point;
    if (inf_is_invisible(point) || inf_is_odd_blank(point)) {
        tell_odd(reader, spot, point);
        point = inf_is_invisible(point) ? 0 : ' ';
    }
    inf_step(spot, mark);
    return point;
}

void inf_pass_blanks(struct inf_reader *reader, struct inf_spot *spot) {
    struct inf_mark mark;
    while (inf_peek(reader, spot, &mark) &&
           (inf_is_blank(mark.point) || inf_is_invisible(mark.point)))
        take(reader, spot, &mark);
}

/* ---- fields ---- */

void inf_field_begin(struct inf_reader *reader) {
    reader->field_size = 0;
    reader->cut = (struct inf_place){0, 0};
}

bool inf_field_has_room(struct inf_reader *reader, size_t more, struct inf_place place) {
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
void inf_field_take(struct inf_reader *reader, struct inf_spot *spot, const struct inf_mark *mark,
                    struct inf_text *field) {
    const char *bytes = inf_text_at(reader, spot);
    struct inf_place place = inf_place_of(spot);
    uint32_t point = take(reader, spot, mark);
    if (point == 0 || !inf_field_has_room(reader, 1, place))
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
    if (!inf_field_has_room(reader, characters_of(name) + 2, place))
        return;
    inf_text_insert(field, "%", place);
    inf_text_insert(field, name, place);
    inf_text_insert(field, "%", place);
}

static void tell_undefined(struct inf_reader *reader, const char *name, struct inf_place place) {
    char shown[INF_SHOWN_SIZE], shown_nearest[INF_SHOWN_SIZE];
    const char *nearest = inf_strings_nearest(&reader->strings, name);
    inf_shown(name, shown);
    inf_shown(nearest ? nearest : "", shown_nearest);
    if (nearest)
        inf_mistake(reader->remarks, place,
                    "[Strings] does not define \"%s\": did you mean %%%s%%?", shown, shown_nearest);
    else
        inf_mistake(reader->remarks, place,
                    "[Strings] does not define \"%s\": define it there, or write %%%% where a "
                    "percent sign is meant",
                    shown);
}

/* What stands in for %name%. */
static void insert_string(struct inf_reader *reader, const char *name, struct inf_place place,
                          struct inf_text *field) {
    const char *value = inf_strings_find(&reader->strings, name);
    if (!value) {
        if (!inf_remarks_full(reader->remarks))
            tell_undefined(reader, name, place);
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
    if (inf_field_has_room(reader, characters_of(value), place))
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
void inf_field_take_token(struct inf_reader *reader, struct inf_spot *spot,
                          struct inf_text *field) {
    const struct inf_mark percent = {'%', 1};
    struct inf_place place = inf_place_of(spot);
    const char *name = inf_text_at(reader, spot) + 1;
    const char *end = strchr(name, '%');
    if (!end || end == name) {
        if (!end)
            inf_mistake(reader->remarks, place,
                        "a \"%%\" begins the name of a string, and no second one ends it: write "
                        "%%%% for a percent sign");
        if (inf_field_has_room(reader, 1, place))
            inf_text_append(field, "%", 1, place);
        inf_step(spot, &percent);
        if (end)
            inf_step(spot, &percent);
        return;
    }
    char *copy = strndup(name, (size_t)(end - name));
    spot->at += (size_t)(end - name) + 2;
    spot->column += (unsigned)(copy ? characters_of(copy) : 0) + 2;
    if (!copy)
        field->text.failed = true;
    else if (inf_is_strings(reader->section))
        refuse_string(reader, copy, place, field);
    else if (!reader->collecting)
        insert_string(reader, copy, place, field);
    free(copy);
}
