/* Header fields and names as strangers send them: negotiation stays within its enums, escaping
 * lets nothing through that means something to HTML. */
#include "web/web.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1); /* of exactly this size, so that a read past its end is seen */
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';

    if ((unsigned)web_language_choose(text) >= WEB_LANGUAGES ||
        (unsigned)web_coding_choose(text) >= WEB_CODINGS ||
        (unsigned)web_visitor_of(text).system >= WEB_SYSTEMS)
        abort();
    struct buffer out = {0};
    web_escape(&out, text);
    for (size_t i = 0; i < out.size; i++)
        if ((unsigned char)out.data[i] < ' ' || strchr("<>\"'", out.data[i]))
            abort();
    buffer_finish(&out);
    free(text);
    return 0;
}
