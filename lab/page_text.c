#include "lab/page_text.h"

#include <string.h>

void page_html(const struct page *page, const char *html) {
    buffer_append_text(page->out, html);
}

void page_plain(const struct page *page, const char *text) {
    web_escape(page->out, text);
}

/* Escapes what stands before the next mark; returns where that is. */
static const char *escape_until_mark(struct buffer *out, const char *text) {
    size_t size = strcspn(text, "`{");
    struct buffer piece = {0};
    buffer_append(&piece, text, size);
    web_escape(out, piece.data ? piece.data : "");
    out->failed |= piece.failed;
    buffer_finish(&piece);
    return text + size;
}

void page_say_with(const struct page *page, const char *english, const char *const *values) {
    const char *text = lab_text(page->language, english);
    bool is_code = false;
    while (*text) {
        text = escape_until_mark(page->out, text);
        if (*text == '`') {
            is_code = !is_code;
            page_html(page, is_code ? "<code>" : "</code>");
            text++;
        } else if (*text == '{') {
            if (*values)
                page_plain(page, *values++);
            text += strlen("{}");
        }
    }
}

void page_say(const struct page *page, const char *english) {
    static const char *const nothing[] = {NULL};
    page_say_with(page, english, nothing);
}

void page_say_in(const struct page *page, const char *before, const char *english,
                 const char *after) {
    page_html(page, before);
    page_say(page, english);
    page_html(page, after);
}
