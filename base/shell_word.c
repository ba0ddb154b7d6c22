#include "base/shell_word.h"

#include <string.h>

void shell_append_word(struct buffer *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+,@%:=";
    if (*word && word[strspn(word, plain)] == '\0') {
        buffer_append_text(out, word);
        return;
    }
    buffer_append_text(out, "'");
    for (; *word; word++)
        if (*word == '\'')
            buffer_append_text(out, "'\\''");
        else
            buffer_append(out, word, 1);
    buffer_append_text(out, "'");
}
