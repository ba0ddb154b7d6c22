/* A page as it was rendered, and what it shows. */
#pragma once

#include "base/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The page out of the buffer, which is empty then; the caller's. */
static inline char *page_take(struct buffer *out) {
    char *page = buffer_take(out);
    assert_non_null(page);
    return page;
}

static inline void assert_shows(const char *page, const char *text) {
    if (!strstr(page, text))
        fail_msg("the page does not show “%s”:\n%s", text, page);
}

static inline void assert_hides(const char *page, const char *text) {
    if (strstr(page, text))
        fail_msg("the page shows “%s”:\n%s", text, page);
}
