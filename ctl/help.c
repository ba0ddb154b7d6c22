#include "base/string_list.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/text.h"

#include <string.h>

static const char *arguments_of(const struct ctl_verb *verb) {
    return verb->arguments ? verb->arguments : "";
}

static void append_usage(struct buffer *out) {
    int width = 0, arguments_width = 0;
    buffer_append_text(out, "mailstorectl makes, takes in, chooses and hands out the certificates "
                            "of mailstored, and\ntells what it serves.\n\n"
                            "usage: mailstorectl [OPTION…] VERB [ARGUMENT…]\n\n");
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++) {
        int columns = (int)text_columns(arguments_of(*verb));
        if ((int)strlen((*verb)->name) > width)
            width = (int)strlen((*verb)->name);
        if (columns > arguments_width)
            arguments_width = columns;
    }
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++) {
        const char *arguments = arguments_of(*verb);
        buffer_printf(out, "  %-*s  %s%*s  %s\n", width, (*verb)->name, arguments,
                      arguments_width - (int)text_columns(arguments), "", (*verb)->summary);
    }
    buffer_append_text(out, "\noptions:\n");
    options_describe(ctl_common_options, out);
    buffer_append_text(out, "\n\"mailstorectl help VERB\" tells more. Exit status: 0 fine, 1 "
                            "something needs attention,\n3 no daemon answers, 4 no such entry, 5 "
                            "cannot be read, asked or written, 64 wrong\ncommand line, 78 wrong "
                            "configuration. See mailstorectl(1).\n");
}

static void append_verb(const struct ctl_verb *verb, struct buffer *out) {
    buffer_printf(out, "usage: mailstorectl [OPTION…] %s%s%s\n\n%s: %s.\n", verb->name,
                  verb->arguments ? " " : "", arguments_of(verb), verb->name, verb->summary);
    buffer_append_text(out, verb->help ? verb->help : "");
    if (verb->options) {
        buffer_append_text(out, "\nits options:\n");
        options_describe(verb->options, out);
    }
}

/* "help authority" tells of all that begin so. */
static bool append_family(const char *first, struct buffer *out) {
    size_t length = strlen(first), before = out->size;
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++)
        if (strncmp((*verb)->name, first, length) == 0 && (*verb)->name[length] == ' ') {
            if (out->size > before)
                buffer_append_text(out, "\n");
            append_verb(*verb, out);
        }
    return out->size > before;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct error err = {0};
    size_t used = 0;
    if (ctl->argument_count == 0) {
        append_usage(&ctl->out);
        return CTL_FINE;
    }
    if (ctl->argument_count == 1 && append_family(ctl->arguments[0], &ctl->out))
        return CTL_FINE;
    const struct ctl_verb *verb = verb_find(ctl->arguments, ctl->argument_count, &used, &err);
    if (!verb)
        return ctl_misuse("%s", err.text);
    append_verb(verb, &ctl->out);
    return CTL_FINE;
}

const struct ctl_verb verb_help = {
    .name = "help",
    .arguments = "[VERB]",
    .summary = "this text, or that of one verb",
    .most_arguments = 2,
    .run = run,
    .completion = CTL_COMPLETE_VERB,
};
