#include "ctl/command_line.h"

#include <string.h>

void command_line_append_word(const char *word, struct buffer *out) {
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

void command_line_append(const struct ctl *ctl, const char *verb, const char *argument,
                         struct buffer *out) {
    static const char *const places[] = {"--config", "--state", "--store"};
    buffer_append_text(out, "mailstorectl ");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *value = ctl_value(ctl, places[i]);
        if (!value)
            continue;
        buffer_printf(out, "%s ", places[i]);
        command_line_append_word(value, out);
        buffer_append_text(out, " ");
    }
    buffer_append_text(out, verb);
    if (!argument)
        return;
    buffer_append_text(out, argument[0] == '-' ? " -- " : " ");
    command_line_append_word(argument, out);
}
