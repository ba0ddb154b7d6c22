/* What web/embed.py makes at build from pages/, strings/, style.css and the pictures. */
#pragma once

#include "web/template.h"
#include "web/web.h"

extern const struct web_asset web_assets[];
extern const size_t web_assets_count;

extern const struct template web_connection_page[WEB_LANGUAGES];
extern const struct template web_error_page[WEB_LANGUAGES];
extern const struct template web_trust_page[WEB_LANGUAGES];

struct web_error_text {
    unsigned status; /* 0 ends the table: the text for every other status */
    const char *title;
    const char *advice;
};

extern const struct web_error_text *const web_error_texts[WEB_LANGUAGES];

struct web_condition_text {
    const char *word; /* NULL ends the table */
    const char *sentence;
};

extern const struct web_condition_text *const web_condition_texts[WEB_LANGUAGES];
