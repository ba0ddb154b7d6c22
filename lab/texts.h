/* The laboratory's sentences in the visitor's language. English stands in the code and in the table
 * of scenarios, the others beside it in lab/texts/; lab/embed_texts.py keeps them together. */
#pragma once

#include "web/web.h"

/* Marks a sentence for lab/embed_texts.py. In a marked one, {} stands for a value, and what is
 * between two ` is code. */
#define TEXT(english) (english)

/* The sentence itself where there is no translation. Borrowed; any thread. */
const char *lab_text(enum web_language language, const char *english);

struct lab_translation {
    const char *english, *translated;
};
struct lab_translations {
    const struct lab_translation *rows;
    size_t count;
};
/* Made at build; sorted by the English in the order of strcmp. English itself has none. */
extern const struct lab_translations lab_translations[WEB_LANGUAGES];
