#include "base/string_list.h"
#include "ctl/ctl.h"
#include "ctl/options.h"

static void append_usage(struct buffer *out) {
    buffer_append_text(out, "mailstorectl looks at mailstored: what it serves, and its store of "
                            "certificates.\n\n"
                            "usage: mailstorectl [OPTION…] VERB [ARGUMENT…]\n\n");
    for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++)
        buffer_printf(out, "  %-7s%-11s%s\n", verb->name, verb->arguments, verb->summary);
    buffer_append_text(out, "\noptions:\n");
    options_describe(NULL, out);
    buffer_append_text(out, "\n\"mailstorectl help VERB\" tells more. Exit status: 0 fine, 1 "
                            "something needs attention,\n3 no daemon answers, 4 no such entry, 5 "
                            "cannot be read or asked, 64 wrong command\nline, 78 wrong "
                            "configuration. See mailstorectl(1).\n");
}

static void append_verb(const struct ctl_verb *verb, struct buffer *out) {
    buffer_printf(out, "usage: mailstorectl [OPTION…] %s%s%s\n\n%s: %s.\n", verb->name,
                  *verb->arguments ? " " : "", verb->arguments, verb->name, verb->summary);
    buffer_append_text(out, verb->help);
    struct buffer own = {0};
    options_describe(verb->name, &own);
    if (own.size > 0)
        buffer_printf(out, "\nits options:\n%s", own.data);
    buffer_finish(&own);
}

enum ctl_exit ctl_help(struct ctl *ctl) {
    if (ctl->argument_count == 0) {
        append_usage(&ctl->out);
        return CTL_FINE;
    }
    const struct ctl_verb *verb = ctl_verb_find(ctl->arguments[0]);
    if (!verb)
        return ctl_misuse("unknown verb \"%s\"", ctl->arguments[0]);
    append_verb(verb, &ctl->out);
    return CTL_FINE;
}
