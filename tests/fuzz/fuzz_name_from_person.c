/* Any text as a host name that somebody typed: what is taken is a name that stays so; what is not
 * is said in a sentence fit for a terminal. */
#include "base/utf8.h"
#include "certs/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), once[NAME_SIZE], twice[NAME_SIZE];
    struct error err = {0};
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (name_from_person(text, once, &err)) {
        require(name_normalise(once, true, twice) && strcmp(once, twice) == 0);
        require(name_from_person(once, twice, NULL) && strcmp(once, twice) == 0);
    } else {
        struct buffer shown = {0};
        require(err.kind == ERROR_INPUT);
        utf8_append_printable(&shown, err.text);
        require(shown.data && strcmp(shown.data, err.text) == 0);
        buffer_finish(&shown);
    }
    free(text);
    return 0;
}
