/* The laboratory's page: the scenarios with links, what to expect, and what this visitor's client
 * did so far. */
#pragma once

#include "base/blob.h"
#include "web/web.h"

#include <jansson.h>

struct lab_page_visitor {
    enum web_language language;
    const char *address; /* "127.0.0.1" */
    const char *agent;   /* User-Agent, or NULL: by it its own results are found */
};

/* Appends the whole HTML page. `description`: lab_run_describe; `report`: lab_report. */
void lab_page_render(const json_t *description, const json_t *report,
                     const struct lab_page_visitor *visitor, struct buffer *out);
