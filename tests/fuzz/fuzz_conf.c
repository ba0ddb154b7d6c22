/* The configuration: whatever is read either has a mistake that is told, or prints to a normalised
 * form that reads back to the very same. */
#include "conf/conf_load.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses the text before a syntax error. The name is LeakSanitizer's.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libconfig\n";
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void count_mistake(void *context, const struct conf_mistake *mistake) {
    if (!mistake->file || !mistake->text || !*mistake->text)
        abort();
    *(size_t *)context += !mistake->warning;
}

static struct conf *load(const void *data, size_t size) {
    /* Looking only: what the bytes name is not to be written. */
    static const struct conf_overrides overrides = {.state_folder = "/nonexistent",
                                                    .reading = true};
    const struct blob bytes = {(unsigned char *)data, size};
    struct conf *conf = NULL;
    size_t mistakes = 0;
    bool ok = conf_load_bytes(&overrides, "fuzz.conf", &bytes, count_mistake, &mistakes, &conf);
    if (ok != (mistakes == 0) || ok != (conf != NULL))
        abort();
    return conf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct conf *conf = load(data, size);
    if (!conf)
        return 0;
    char *text = conf_print(conf);
    struct conf *again = load(text, strlen(text));
    if (!again)
        abort();
    char *text_again = conf_print(again);
    if (strcmp(text, text_again) != 0)
        abort();
    free(text_again);
    free(text);
    conf_destroy(again);
    conf_destroy(conf);
    return 0;
}
