#include "lab/texts.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *key, const void *row) {
    return strcmp(key, ((const struct lab_translation *)row)->english);
}

const char *lab_text(enum web_language language, const char *english) {
    const struct lab_translations *all = &lab_translations[language];
    const struct lab_translation *found =
        all->count > 0 ? bsearch(english, all->rows, all->count, sizeof *all->rows, compare) : NULL;
    return found ? found->translated : english;
}
