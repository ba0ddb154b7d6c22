/* mailstorectl: reads its command line, finds the verb, prints what it says. */
#include "base/time_text.h"
#include "ctl/ctl.h"
#include "ctl/options.h"

extern const struct ctl_verb verb_help;

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ctl_exit run(struct ctl *ctl, const char *const *words, size_t count) {
    struct error err = {0};
    size_t used = 0;
    ctl->arguments = words;
    ctl->argument_count = count;
    if (options_have(ctl->options, "--version")) {
        buffer_append_text(&ctl->out, "mailstorectl " MAILSTORED_VERSION "\n");
        return CTL_FINE;
    }
    if (options_have(ctl->options, "--help"))
        return verb_help.run(ctl);
    if (count == 0)
        return ctl_misuse("what shall be done? a verb is missing");
    const struct ctl_verb *verb = verb_find(words, count, &used, &err);
    if (!verb)
        return ctl_misuse("%s", err.text);
    ctl->verb = verb;
    ctl->arguments = words + used;
    ctl->argument_count = count - used;
    if (ctl->argument_count < verb->least_arguments || ctl->argument_count > verb->most_arguments)
        return ctl_misuse("usage: mailstorectl %s%s%s", verb->name, verb->arguments ? " " : "",
                          verb->arguments ? verb->arguments : "");
    if (!options_fit(ctl->options, verb, &err))
        return ctl_misuse("%s", err.text);
    return verb->run(ctl);
}

/* What could not be printed was not done: a full disk must not look like success. */
static enum ctl_exit print(const struct buffer *out, enum ctl_exit status) {
    if (out->failed) {
        return ctl_no_memory();
    }
    bool ok = out->size == 0 || fwrite(out->data, out->size, 1, stdout) == 1;
    if (ok && fflush(stdout) == 0)
        return status;
    struct error err = {0};
    error_set_system(&err, errno, "standard output");
    return ctl_fail(&err);
}

int main(int argc, char **argv) {
    struct ctl_options options = {0};
    struct ctl ctl = {.options = &options, .now = time_now()};
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    const char **words = calloc(count + 1, sizeof *words);
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    enum ctl_exit status = CTL_FAILED;
    size_t word_count = 0;
    if (!words)
        status = ctl_fail(&err);
    else if (!options_read((const char *const *)argv + 1, count, &options, words, &word_count,
                           &err))
        status = ctl_misuse("%s", err.text);
    else {
        status = run(&ctl, words, word_count);
        status = print(&ctl.out, status);
    }
    buffer_finish(&ctl.out);
    options_finish(&options);
    free(words);
    return status;
}
