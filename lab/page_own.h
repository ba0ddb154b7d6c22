/* Inside lab/: which of a report's clients is the visitor's own, and what it did. */
#pragma once

#include "lab/page.h"
#include "lab/record.h"

/* Plain data, borrowed from the report. */
struct page_own {
    const json_t *clients[LAB_CLIENT_LIMIT];
    size_t count;
    bool by_agent; /* they call themselves what the visitor's does; else: all at its address */
};
void page_own_find(const json_t *report, const struct lab_page_visitor *visitor,
                   struct page_own *own);

/* The result of the scenario at that place in the table, named so: of several the worst, so that
 * wrong goes before undetermined, and undetermined before right. NULL: not tried. */
const json_t *page_own_result(const struct page_own *own, size_t index, const char *scenario);

enum page_score { PAGE_NOT_TRIED, PAGE_RIGHT, PAGE_UNDETERMINED, PAGE_WRONG, PAGE_SCORES };
/* NULL: not tried. */
enum page_score page_score_of(const json_t *result);
