#include "certs/inf_remarks.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inf_remark {
    enum request_inf_level level;
    struct inf_place place;
    size_t order; /* qsort does not keep it */
    char *text;
};

void inf_remarks_finish(struct inf_remarks *remarks) {
    for (size_t i = 0; i < remarks->count; i++)
        free(remarks->items[i].text);
    free(remarks->items);
    remarks->items = NULL;
    remarks->count = remarks->mistakes = 0;
}

static bool is_full(const struct inf_remarks *remarks, enum request_inf_level level) {
    return remarks->mistakes > INF_MISTAKE_LIMIT ||
           (level != REQUEST_INF_MISTAKE && remarks->count >= INF_REMARK_LIMIT);
}

/* Takes `text`, which may be NULL where memory has run out. */
static void add(struct inf_remarks *remarks, enum request_inf_level level, struct inf_place place,
                char *text) {
    size_t count = remarks->count;
    struct inf_remark *items = remarks->items;
    if (text && (count & (count - 1)) == 0) {
        items = realloc(items, (count > 0 ? count * 2 : 1) * sizeof *items);
        if (items)
            remarks->items = items;
    }
    if (!text || !items) {
        free(text);
        remarks->out_of_memory = true;
        return;
    }
    items[remarks->count++] = (struct inf_remark){level, place, count, text};
}

static void remark(struct inf_remarks *remarks, enum request_inf_level level,
                   struct inf_place place, struct buffer *text) {
    if (!is_full(remarks, level)) {
        if (level == REQUEST_INF_MISTAKE && ++remarks->mistakes > INF_MISTAKE_LIMIT) {
            buffer_clear(text);
            buffer_printf(text,
                          "there are more than %d mistakes: mend those that are told and read the "
                          "file again",
                          INF_MISTAKE_LIMIT);
            place = (struct inf_place){0, 0};
        }
        add(remarks, level, place, buffer_take(text));
    }
    buffer_finish(text);
}

enum { SENTENCE_SIZE = 1024 };

/* `text` is the sentence, printable whatever of the file stands in it, and also where a long one
 * was cut within a character. */
#define SENTENCE(text, format)                                   \
    do {                                                         \
        char sentence[SENTENCE_SIZE];                            \
        va_list arguments;                                       \
        va_start(arguments, format);                             \
        vsnprintf(sentence, sizeof sentence, format, arguments); \
        va_end(arguments);                                       \
        utf8_append_printable(&(text), sentence);                \
    } while (0)

#define REMARK(level)                         \
    do {                                      \
        struct buffer text = {0};             \
        if (!remarks)                         \
            return;                           \
        SENTENCE(text, format);               \
        remark(remarks, level, place, &text); \
    } while (0)

void inf_mistake(struct inf_remarks *remarks, struct inf_place place, const char *format, ...) {
    REMARK(REQUEST_INF_MISTAKE);
}

void inf_warning(struct inf_remarks *remarks, struct inf_place place, const char *format, ...) {
    REMARK(REQUEST_INF_WARNING);
}

void inf_note(struct inf_remarks *remarks, struct inf_place place, const char *format, ...) {
    REMARK(REQUEST_INF_NOTE);
}

void inf_damage(struct inf_remarks *remarks, struct inf_place place, const char *to_write,
                const char *mended, const char *wrong, ...) {
    if (!remarks)
        return;
    struct buffer text = {0};
    SENTENCE(text, wrong);
    buffer_printf(&text, ": %s", remarks->tolerant ? mended : to_write);
    remark(remarks, remarks->tolerant ? REQUEST_INF_REPAIR : REQUEST_INF_MISTAKE, place, &text);
}

bool inf_remarks_allow(const struct inf_remarks *remarks) {
    return remarks->mistakes == 0 && !remarks->out_of_memory;
}

bool inf_remarks_full(const struct inf_remarks *remarks) {
    return remarks && remarks->mistakes > INF_MISTAKE_LIMIT;
}

static int compare_remarks(const void *left, const void *right) {
    const struct inf_remark *a = left, *b = right;
    /* 0 is the whole file, and comes last. */
    unsigned a_line = a->place.line - 1, b_line = b->place.line - 1;
    if (a_line != b_line)
        return a_line < b_line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

void inf_remarks_tell(struct inf_remarks *remarks, request_inf_report *report, void *context) {
    if (remarks->out_of_memory) {
        const struct request_inf_remark told = {REQUEST_INF_MISTAKE, 0, 0, "out of memory"};
        report(context, &told);
        return;
    }
    if (remarks->count > 0)
        qsort(remarks->items, remarks->count, sizeof *remarks->items, compare_remarks);
    for (size_t i = 0; i < remarks->count; i++) {
        const struct inf_remark *item = &remarks->items[i];
        const struct request_inf_remark told = {item->level, item->place.line, item->place.column,
                                                item->text};
        report(context, &told);
    }
}

const char *inf_shown(const char *text, char out[static INF_SHOWN_SIZE]) {
    enum { SHOWN_CHARACTERS = 60 };
    static const char more[] = "…";
    size_t size = 0, characters = 0;
    while (*text) {
        uint32_t point = 0;
        size_t bytes = utf8_read(text, &point);
        char one[8] = {0};
        memcpy(one, text, bytes > 0 ? bytes : 1);
        struct buffer printable = {0};
        utf8_append_printable(&printable, one);
        bool fits = !printable.failed && characters < SHOWN_CHARACTERS &&
                    size + printable.size < INF_SHOWN_SIZE - sizeof more;
        if (fits) {
            memcpy(out + size, printable.data, printable.size);
            size += printable.size;
            characters++;
        }
        buffer_finish(&printable);
        if (!fits) {
            memcpy(out + size, more, sizeof more - 1);
            size += sizeof more - 1;
            break;
        }
        text += bytes > 0 ? bytes : 1;
    }
    out[size] = '\0';
    return out;
}
