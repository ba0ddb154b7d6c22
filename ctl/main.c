/* mailstorectl: reads its command line, finds the verb, prints what it says. */
#include "base/string_list.h"
#include "base/time_text.h"
#include "ctl/ctl.h"
#include "ctl/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ctl_exit unknown_verb(const char *word) {
    const char *names[32] = {0};
    for (size_t i = 0; ctl_verbs[i].name && i + 1 < sizeof names / sizeof *names; i++)
        names[i] = ctl_verbs[i].name;
    const char *nearest = nearest_word(word, names);
    if (nearest)
        return ctl_misuse("unknown verb \"%s\"; did you mean \"%s\"?", word, nearest);
    return ctl_misuse("unknown verb \"%s\"", word);
}

static enum ctl_exit run(struct ctl *ctl, const char *const *words, size_t count) {
    if (ctl->options.version) {
        buffer_append_text(&ctl->out, "mailstorectl " MAILSTORED_VERSION "\n");
        return CTL_FINE;
    }
    if (ctl->options.help) {
        ctl->arguments = words;
        ctl->argument_count = count > 0 ? 1 : 0;
        return ctl_help(ctl);
    }
    if (count == 0)
        return ctl_misuse("what shall be done? a verb is missing");
    const struct ctl_verb *verb = ctl_verb_find(words[0]);
    if (!verb)
        return unknown_verb(words[0]);
    ctl->arguments = words + 1;
    ctl->argument_count = count - 1;
    if (ctl->argument_count < verb->least_arguments || ctl->argument_count > verb->most_arguments)
        return ctl_misuse("usage: mailstorectl %s%s%s", verb->name, *verb->arguments ? " " : "",
                          verb->arguments);
    struct error err = {0};
    if (!options_fit(&ctl->options, verb->name, &err))
        return ctl_misuse("%s", err.text);
    return verb->run(ctl);
}

/* What could not be printed was not done: a full disk must not look like success. */
static enum ctl_exit print(const struct buffer *out, enum ctl_exit status) {
    if (out->failed) {
        return ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
    }
    bool ok = out->size == 0 || fwrite(out->data, out->size, 1, stdout) == 1;
    if (ok && fflush(stdout) == 0)
        return status;
    struct error err = {0};
    error_set_system(&err, errno, "standard output");
    return ctl_fail(&err);
}

int main(int argc, char **argv) {
    struct ctl ctl = {.now = time_now()};
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    const char **words = calloc(count + 1, sizeof *words);
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    enum ctl_exit status = CTL_FAILED;
    size_t word_count = 0;
    if (!words)
        status = ctl_fail(&err);
    else if (!options_read((const char *const *)argv + 1, count, &ctl.options, words, &word_count,
                           &err))
        status = ctl_misuse("%s", err.text);
    else {
        status = run(&ctl, words, word_count);
        status = print(&ctl.out, status);
    }
    buffer_finish(&ctl.out);
    free(words);
    return status;
}
