#include "ctl/text.h"

#include "base/time_text.h"
#include "base/utf8.h"
#include "ctl/answer.h"

#include <stdlib.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t point, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

/* After Unicode's East Asian Width (UAX #11), by blocks: alignment needs no more. */
static size_t columns_of(uint32_t point) {
    static const struct range combining[] = {
        {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
    static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                        {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                        {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                                        {0x1F300, 0x1F64F}, {0x1F680, 0x1F9FF}, {0x20000, 0x3FFFD}};
    if (point < 0x300)
        return 1;
    if (is_in(point, combining, sizeof combining / sizeof *combining))
        return 0;
    return is_in(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t text_columns(const char *text) {
    size_t columns = 0;
    while (*text) {
        uint32_t point = 0;
        size_t bytes = utf8_read(text, &point);
        columns += bytes ? columns_of(point) : 1;
        text += bytes ? bytes : 1;
    }
    return columns;
}

void text_table_add(struct text_table *table, const char *cell) {
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 64;
        char **cells = realloc(table->cells, capacity * sizeof *cells);
        if (!cells) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->capacity = capacity;
    }
    struct buffer printable = {0};
    utf8_append_printable(&printable, cell && *cell ? cell : "-");
    char *text = buffer_take(&printable);
    if (text)
        table->cells[table->count++] = text;
    else
        table->failed = true;
}

void text_table_print(const struct text_table *table, const char *indent, struct buffer *out) {
    if (table->failed)
        out->failed = true;
    size_t widths[TEXT_TABLE_COLUMNS] = {0};
    for (size_t i = 0; i < table->count; i++) {
        size_t *width = &widths[i % table->columns], columns = text_columns(table->cells[i]);
        if (columns > *width)
            *width = columns;
    }
    for (size_t i = 0; i < table->count; i++) {
        const char *cell = table->cells[i];
        size_t column = i % table->columns;
        buffer_append_text(out, column == 0 ? indent : "  ");
        buffer_append_text(out, cell);
        if (column + 1 == table->columns)
            buffer_append_text(out, "\n");
        else
            buffer_printf(out, "%*s", (int)(widths[column] - text_columns(cell)), "");
    }
}

void text_table_finish(struct text_table *table) {
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct text_table){0};
}

void text_field(struct buffer *out, const char *label, const char *value) {
    if (!value)
        return;
    buffer_printf(out, "  %-13s ", label);
    utf8_append_printable(out, *value ? value : "-");
    buffer_append_text(out, "\n");
}

void text_append_duration(struct buffer *out, int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t i = 0;
    /* From two of a unit on it is exact enough; below, the smaller one says more. */
    while (i + 1 < sizeof units / sizeof *units && seconds < 2 * units[i].seconds)
        i++;
    long long count = (long long)(seconds / units[i].seconds);
    buffer_printf(out, "%lld %s%s", count, units[i].unit, count == 1 ? "" : "s");
}

void text_append_left(struct buffer *out, int64_t not_before, int64_t not_after, int64_t now) {
    if (now < not_before) {
        buffer_append_text(out, "not valid for another ");
        text_append_duration(out, not_before - now);
    } else if (now > not_after) {
        buffer_append_text(out, "expired ");
        text_append_duration(out, now - not_after);
        buffer_append_text(out, " ago");
    } else {
        text_append_duration(out, not_after - now);
        buffer_append_text(out, " left");
    }
}

void text_append_validity(struct buffer *out, int64_t not_before, int64_t not_after, int64_t now) {
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    buffer_printf(out, "%s to %s, ", time_text(not_before, from), time_text(not_after, to));
    text_append_left(out, not_before, not_after, now);
}

void text_field_validity(struct buffer *out, const char *label, const json_t *certificate,
                         int64_t now) {
    struct buffer validity = {0};
    text_append_validity(&validity, answer_integer(certificate, "not_before"),
                         answer_integer(certificate, "not_after"), now);
    text_field(out, label, validity.data);
    buffer_finish(&validity);
}

void text_append_names(struct buffer *out, const json_t *first, const json_t *second, size_t most) {
    size_t count = json_array_size(first), all = count + json_array_size(second);
    for (size_t i = 0; i < all && i < most; i++) {
        const json_t *item =
            i < count ? json_array_get(first, i) : json_array_get(second, i - count);
        const char *name = json_string_value(item);
        buffer_append_text(out, i ? ", " : "");
        utf8_append_printable(out, name ? name : "");
    }
    if (all > most)
        buffer_printf(out, " and %zu more", all - most);
}

void text_field_names(struct buffer *out, const char *label, const json_t *first,
                      const json_t *second) {
    struct buffer names = {0};
    text_append_names(&names, first, second, SIZE_MAX);
    text_field(out, label, names.data);
    buffer_finish(&names);
}

void text_append_warnings(struct buffer *out, const json_t *answer) {
    size_t i = 0;
    const json_t *warning = NULL;
    json_array_foreach(json_object_get(answer, "warnings"), i, warning) {
        buffer_append_text(out, "\nwarning: ");
        utf8_append_printable(out, json_string_value(warning));
        buffer_append_text(out, "\n");
    }
}

void text_append_pin(struct buffer *out, const json_t *pin, const char *entry_member) {
    const char *entry = answer_text(pin, entry_member), *by = answer_text(pin, "pinned_by"),
               *at = answer_text(pin, "pinned_at");
    if (!entry)
        return;
    buffer_append_text(out, entry);
    if (by && strcmp(by, "tool") == 0)
        buffer_append_text(out, " (by mailstorectl select)");
    else if (by)
        buffer_printf(out, " (by %s)", at ? at : "the configuration");
}
