/* Any bytes as NAME.meta: what is taken is written, and reads as the same again. */
#include "certs/entry_meta.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct entry_meta meta = {0}, again = {0};
    struct blob text = {0};
    struct error err = {0};
    if (!entry_meta_read(data, size, &meta, &err)) {
        require(err.kind == ERROR_INPUT && err.text[0] != '\0');
        return 0;
    }
    /* Set out on lines it may be longer than it may. */
    if (entry_meta_write(&meta, &text, &err)) {
        require(text.data[text.size - 1] == '\n');
        require(entry_meta_read(text.data, text.size, &again, &err));
        require(same_text(meta.friendly_name, again.friendly_name));
        require(same_text(meta.made_by, again.made_by));
        require(same_text(meta.unknown, again.unknown));
        require(meta.exportable == again.exportable && meta.made == again.made);
    } else
        require(err.kind == ERROR_INPUT);
    blob_finish(&text);
    entry_meta_finish(&meta);
    entry_meta_finish(&again);
    return 0;
}
