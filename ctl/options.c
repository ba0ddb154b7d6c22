#include "ctl/options.h"

#include "base/string_list.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_LIMIT = 128 };

const struct ctl_option ctl_common_options[] = {
    {.name = "--config",
     .value = "FILE",
     .help = "the daemon's configuration file",
     .completion = CTL_COMPLETE_FILE},
    {.name = "--state",
     .value = "DIR",
     .help = "the daemon's state folder, if it was started with one",
     .completion = CTL_COMPLETE_FOLDER},
    {.name = "--store",
     .value = "DIR",
     .help = "work on this store's files; list and show ask no daemon",
     .completion = CTL_COMPLETE_FOLDER},
    {.name = "--json", .help = "print JSON for programs"},
    {.name = "--help", .help = "this text"},
    {.name = "--version", .help = "the version"},
    {0},
};

void options_finish(struct ctl_options *options) {
    free(options->items);
    *options = (struct ctl_options){0};
}

static bool is_named(const struct ctl_option *option, const char *word, size_t length) {
    return strlen(option->name) == length && memcmp(option->name, word, length) == 0;
}

const struct ctl_option *options_find(const struct ctl_option *table, const char *word,
                                      size_t length) {
    for (; table && table->name; table++)
        if (is_named(table, word, length))
            return table;
    return NULL;
}

/* In any table: of the same name, all are alike in whether a value follows. */
static const struct ctl_option *find(const char *word, size_t length) {
    if (length == 2 && memcmp(word, "-h", 2) == 0)
        return find("--help", 6);
    const struct ctl_option *option = options_find(ctl_common_options, word, length);
    for (const struct ctl_verb *const *verb = ctl_verbs; !option && *verb; verb++)
        option = options_find((*verb)->options, word, length);
    return option;
}

static size_t add_names(const struct ctl_option *table, const char **names, size_t count) {
    for (; table && table->name && count < KNOWN_LIMIT; table++)
        names[count++] = table->name;
    return count;
}

static void set_unknown(const char *word, struct error *err) {
    const char *names[KNOWN_LIMIT + 1] = {0};
    size_t count = add_names(ctl_common_options, names, 0);
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++)
        count = add_names((*verb)->options, names, count);
    const char *nearest = nearest_word(word, names);
    if (nearest)
        error_set(err, ERROR_INPUT, "unknown option %s; did you mean %s?", word, nearest);
    else
        error_set(err, ERROR_INPUT, "unknown option %s", word);
}

/* Takes one option; `next` (may be NULL) is the word behind it, of which `took_next` says whether
 * it was the value. */
static bool take(const char *word, const char *next, struct ctl_given *out, bool *took_next,
                 struct error *err) {
    const char *equals = strchr(word, '=');
    const struct ctl_option *option = find(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!option) {
        set_unknown(word, err);
        return false;
    }
    *out = (struct ctl_given){.option = option->name};
    if (!option->value) {
        if (equals)
            error_set(err, ERROR_INPUT, "option %s takes no value", option->name);
        return !equals;
    }
    out->value = equals ? equals + 1 : next;
    if (!out->value || !*out->value) {
        error_set(err, ERROR_INPUT, "option %s needs a value: %s %s", option->name, option->name,
                  option->value);
        return false;
    }
    *took_next = !equals;
    return true;
}

bool options_read(const char *const *arguments, size_t count, struct ctl_options *out,
                  const char **words, size_t *word_count, struct error *err) {
    size_t found = 0;
    bool only_words = false;
    struct ctl_options read = {.items = calloc(count + 1, sizeof *read.items)};
    if (!read.items)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (only_words || arguments[i][0] != '-' || arguments[i][1] == '\0') {
            words[found++] = arguments[i];
        } else if (strcmp(arguments[i], "--") == 0) {
            only_words = true;
        } else {
            bool took_next = false;
            const char *next = i + 1 < count ? arguments[i + 1] : NULL;
            if (!take(arguments[i], next, &read.items[read.count], &took_next, err)) {
                options_finish(&read);
                return false;
            }
            read.count++;
            if (took_next)
                i++;
        }
    }
    *out = read;
    *word_count = found;
    return true;
}

/* "option --pem belongs to show" */
static void set_misplaced(const char *option, struct error *err) {
    struct buffer verbs = {0};
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++)
        if (options_find((*verb)->options, option, strlen(option)))
            buffer_printf(&verbs, "%s%s", verbs.size ? ", " : "", (*verb)->name);
    error_set(err, ERROR_INPUT, "option %s belongs to: %s", option, verbs.data ? verbs.data : "?");
    buffer_finish(&verbs);
}

static bool fits(const struct ctl_options *options, const struct ctl_given *given,
                 const struct ctl_verb *verb, struct error *err) {
    const char *name = given->option;
    const struct ctl_option *option = options_find(ctl_common_options, name, strlen(name));
    if (!option)
        option = options_find(verb->options, name, strlen(name));
    if (!option) {
        set_misplaced(name, err);
        return false;
    }
    if (option->not_with && options_have(options, option->not_with)) {
        error_set(err, ERROR_INPUT, "%s and %s were both given: leave one out", option->not_with,
                  name);
        return false;
    }
    if (!option->check || option->check(given->value, err))
        return true;
    error_prefix(err, "%s %s", name, given->value);
    return false;
}

bool options_fit(const struct ctl_options *options, const struct ctl_verb *verb,
                 struct error *err) {
    for (size_t i = 0; i < options->count; i++)
        if (!fits(options, &options->items[i], verb, err))
            return false;
    return true;
}

bool options_have(const struct ctl_options *options, const char *name) {
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->items[i].option, name) == 0)
            return true;
    return false;
}

/* Asking for an option that the verb does not declare is a mistake of ours. */
static void assert_declared(const struct ctl *ctl, const char *option) {
    assert(options_find(ctl_common_options, option, strlen(option)) || !ctl->verb ||
           options_find(ctl->verb->options, option, strlen(option)));
    (void)ctl;
    (void)option;
}

bool ctl_has(const struct ctl *ctl, const char *option) {
    assert_declared(ctl, option);
    return options_have(ctl->options, option);
}

const char *ctl_value(const struct ctl *ctl, const char *option) {
    const char *last = NULL;
    assert_declared(ctl, option);
    for (size_t i = 0; i < ctl->options->count; i++)
        if (strcmp(ctl->options->items[i].option, option) == 0)
            last = ctl->options->items[i].value;
    return last;
}

const char *ctl_value_at(const struct ctl *ctl, const char *option, size_t i) {
    assert_declared(ctl, option);
    for (size_t at = 0; at < ctl->options->count; at++)
        if (strcmp(ctl->options->items[at].option, option) == 0 && i-- == 0)
            return ctl->options->items[at].value;
    return NULL;
}

/* Do the words begin with those of the name? How many; 0: no. */
static size_t words_of(const char *name, const char *const *words, size_t count) {
    const char *space = strchr(name, ' ');
    if (count == 0)
        return 0;
    if (!space)
        return strcmp(name, words[0]) == 0 ? 1 : 0;
    size_t length = (size_t)(space - name);
    bool is_first = strlen(words[0]) == length && memcmp(name, words[0], length) == 0;
    return is_first && count > 1 && strcmp(space + 1, words[1]) == 0 ? 2 : 0;
}

/* "create, show, issue, renew": what may stand behind the first of two words. */
static void append_second_words(const char *first, struct buffer *out) {
    size_t length = strlen(first);
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++)
        if (strncmp((*verb)->name, first, length) == 0 && (*verb)->name[length] == ' ')
            buffer_printf(out, "%s%s", out->size ? ", " : "", (*verb)->name + length + 1);
}

static void set_unknown_verb(const char *const *words, size_t count, struct error *err) {
    const char *names[KNOWN_LIMIT + 1] = {0};
    struct buffer second = {0};
    size_t known = 0;
    append_second_words(words[0], &second);
    if (second.size > 0) {
        if (count < 2)
            error_set(err, ERROR_INPUT, "\"%s\" needs a second word: %s", words[0], second.data);
        else
            error_set(err, ERROR_INPUT, "\"%s %s\" is no verb; there is %s: %s", words[0], words[1],
                      words[0], second.data);
        buffer_finish(&second);
        return;
    }
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb && known < KNOWN_LIMIT; verb++)
        names[known++] = (*verb)->name;
    const char *nearest = nearest_word(words[0], names);
    if (nearest)
        error_set(err, ERROR_INPUT, "unknown verb \"%s\"; did you mean \"%s\"?", words[0], nearest);
    else
        error_set(err, ERROR_INPUT, "unknown verb \"%s\"", words[0]);
}

const struct ctl_verb *verb_find(const char *const *words, size_t count, size_t *used,
                                 struct error *err) {
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++) {
        *used = words_of((*verb)->name, words, count);
        if (*used > 0)
            return *verb;
    }
    set_unknown_verb(words, count, err);
    return NULL;
}

void options_describe(const struct ctl_option *options, struct buffer *out) {
    enum { COLUMN = 26 };
    for (; options && options->name; options++) {
        size_t before = out->size;
        buffer_printf(out, "  %s%s%s", options->name, options->value ? " " : "",
                      options->value ? options->value : "");
        int pad = COLUMN - (int)(out->size - before);
        buffer_printf(out, "%*s%s%s\n", pad > 1 ? pad : 1, "", options->help,
                      options->many ? " (repeatable)" : "");
    }
}
