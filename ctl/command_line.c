#include "ctl/command_line.h"

#include "base/shell_word.h"

#include <string.h>

#define PROGRAM "mailstorectl "

/* Verbs about the services of a daemon refuse --store. */
static bool takes_store(const char *verb) {
    static const char *const daemons[] = {"select", "unselect", "status"};
    for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++)
        if (strcmp(verb, daemons[i]) == 0)
            return false;
    return true;
}

/* The program, and where it is to look. */
static void append_program(const struct ctl *ctl, bool with_store, struct buffer *out) {
    static const char *const places[] = {"--config", "--state", "--store"};
    buffer_append_text(out, PROGRAM);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *value = ctl_value(ctl, places[i]);
        if (!value || (!with_store && strcmp(places[i], "--store") == 0))
            continue;
        buffer_printf(out, "%s ", places[i]);
        shell_append_word(out, value);
        buffer_append_text(out, " ");
    }
}

void command_line_append(const struct ctl *ctl, const char *verb, const char *argument,
                         struct buffer *out) {
    append_program(ctl, takes_store(verb), out);
    buffer_append_text(out, verb);
    if (!argument)
        return;
    buffer_append_text(out, argument[0] == '-' ? " -- " : " ");
    shell_append_word(out, argument);
}

const char *command_line_text(const struct ctl *ctl, const char *verb, const char *argument,
                              struct buffer *line) {
    command_line_append(ctl, verb, argument, line);
    return line->failed ? "mailstorectl" : line->data;
}

void command_line_append_mend(const struct ctl *ctl, const char *mend, struct buffer *out) {
    for (const char *at; (at = strstr(mend, PROGRAM)); mend = at + strlen(PROGRAM)) {
        buffer_append(out, mend, (size_t)(at - mend));
        append_program(ctl, true, out);
    }
    buffer_append_text(out, mend);
}
