/* Inside lab/: sentences on the page, in the visitor's language. */
#pragma once

#include "base/blob.h"
#include "lab/texts.h"

/* What is being written, and for whom. Plain data. */
struct page {
    enum web_language language;
    struct buffer *out; /* borrowed */
};

/* Appends HTML as it stands. */
void page_html(const struct page *page, const char *html);
/* Appends a text that is not ours, escaped. */
void page_plain(const struct page *page, const char *text);
/* Appends a sentence, translated and escaped; each {} takes the next of the values,
 * which end with NULL. */
void page_say(const struct page *page, const char *english);
void page_say_with(const struct page *page, const char *english, const char *const *values);
/* The same between two pieces of HTML. */
void page_say_in(const struct page *page, const char *before, const char *english,
                 const char *after);
