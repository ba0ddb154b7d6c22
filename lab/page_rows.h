/* Inside lab/: the scenarios on the page. */
#pragma once

#include "lab/page_own.h"
#include "lab/page_text.h"

/* Links to the groups, for whoever does not want to read them all. */
void page_groups(const struct page *page);
/* A section for each group. `scenarios`: of lab_run_describe. */
void page_scenarios(const struct page *page, const json_t *scenarios, const struct page_own *own);
