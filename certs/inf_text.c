#include "certs/inf_text.h"

#include <stdlib.h>
#include <string.h>

/* Characters that stand side by side in the file as they do in the text. */
struct inf_run {
    size_t offset;
    struct inf_place place;
    bool fixed; /* all of it at one place */
};

void inf_text_finish(struct inf_text *text) {
    buffer_finish(&text->text);
    free(text->runs);
    *text = (struct inf_text){0};
}

const char *inf_text_chars(const struct inf_text *text) {
    return text->text.data ? text->text.data : "";
}

static void begin_run(struct inf_text *text, size_t offset, struct inf_place place, bool fixed) {
    size_t count = text->run_count;
    if ((count & (count - 1)) == 0) {
        size_t capacity = count > 0 ? count * 2 : 1;
        struct inf_run *runs = realloc(text->runs, capacity * sizeof *runs);
        if (!runs) {
            text->text.failed = true;
            return;
        }
        text->runs = runs;
    }
    text->runs[text->run_count++] = (struct inf_run){offset, place, fixed};
}

void inf_text_append(struct inf_text *text, const char *bytes, size_t size,
                     struct inf_place place) {
    if (text->next.line != place.line || text->next.column != place.column)
        begin_run(text, text->text.size, place, false);
    buffer_append(&text->text, bytes, size);
    text->next = (struct inf_place){place.line, place.column + 1};
}

void inf_text_insert(struct inf_text *text, const char *value, struct inf_place place) {
    begin_run(text, text->text.size, place, true);
    buffer_append_text(&text->text, value);
    text->next = (struct inf_place){0, 0};
}

void inf_text_join(struct inf_text *text, const struct inf_text *more) {
    for (size_t i = 0; i < more->run_count; i++) {
        const struct inf_run *run = &more->runs[i];
        begin_run(text, text->text.size + run->offset, run->place, run->fixed);
    }
    buffer_append(&text->text, inf_text_chars(more), more->text.size);
    text->text.failed |= more->text.failed;
    text->next = more->next;
}

void inf_text_cut(struct inf_text *text, size_t size) {
    if (size >= text->text.size)
        return;
    text->text.size = size;
    text->text.data[size] = '\0';
    while (text->run_count > 1 && text->runs[text->run_count - 1].offset >= size)
        text->run_count--;
    text->next = (struct inf_place){0, 0};
}

/* The last run that begins at or before `offset`. */
static const struct inf_run *run_at(const struct inf_text *text, size_t offset) {
    size_t low = 0, high = text->run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (text->runs[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return &text->runs[low];
}

struct inf_place inf_text_place(const struct inf_text *text, size_t offset) {
    if (text->run_count == 0 || text->text.failed)
        return (struct inf_place){0, 0};
    const struct inf_run *run = run_at(text, offset);
    struct inf_place place = run->place;
    const char *chars = inf_text_chars(text);
    for (size_t i = run->offset; !run->fixed && i < offset && i < text->text.size; i++)
        if (((unsigned char)chars[i] & 0xC0) != 0x80)
            place.column++;
    return place;
}
