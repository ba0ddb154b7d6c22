#include "ctl/options.h"

#include <stddef.h>
#include <string.h>

static const struct option {
    const char *name;
    const char *value; /* what stands behind it; NULL: nothing, it is a switch */
    size_t offset;     /* in struct ctl_options */
    const char *verb;  /* the one that takes it; NULL: every one */
    const char *help;
} options[] = {
    {"--config", "FILE", offsetof(struct ctl_options, config_file), NULL,
     "the daemon's configuration file"},
    {"--state", "DIR", offsetof(struct ctl_options, state_folder), NULL,
     "the daemon's state folder, if it was started with one"},
    {"--store", "DIR", offsetof(struct ctl_options, store_folder), NULL,
     "read this store's files; ask no daemon (list, show)"},
    {"--json", NULL, offsetof(struct ctl_options, json), NULL, "print JSON for programs"},
    {"--name", "HOST", offsetof(struct ctl_options, server_name), "status",
     "ask for this server name (SNI)"},
    {"--pem", NULL, offsetof(struct ctl_options, pem), "show",
     "print the certificates as PEM, the leaf first; never a key"},
    {"--help", NULL, offsetof(struct ctl_options, help), NULL, "this text"},
    {"--version", NULL, offsetof(struct ctl_options, version), NULL, "the version"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

static const char **text_of(struct ctl_options *out, const struct option *option) {
    return (const char **)(void *)((char *)out + option->offset);
}

static bool *switch_of(struct ctl_options *out, const struct option *option) {
    return (bool *)(void *)((char *)out + option->offset);
}

static const struct option *find(const char *word, size_t length) {
    if (length == 2 && memcmp(word, "-h", 2) == 0)
        return find("--help", 6);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, word, length) == 0)
            return &options[i];
    return NULL;
}

static void set_unknown(const char *word, struct error *err) {
    const char *names[OPTION_COUNT + 1] = {0};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] = options[i].name;
    const char *nearest = nearest_word(word, names);
    if (nearest)
        error_set(err, ERROR_INPUT, "unknown option %s; did you mean %s?", word, nearest);
    else
        error_set(err, ERROR_INPUT, "unknown option %s", word);
}

/* Takes one option; `next` (may be NULL) is the word behind it, of which `took_next` says whether
 * it was the value. */
static bool take(const char *word, const char *next, struct ctl_options *out, bool *took_next,
                 struct error *err) {
    const char *equals = strchr(word, '=');
    const struct option *option = find(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!option) {
        set_unknown(word, err);
        return false;
    }
    if (!option->value) {
        if (equals)
            error_set(err, ERROR_INPUT, "option %s takes no value", option->name);
        *switch_of(out, option) = true;
        return !equals;
    }
    const char *value = equals ? equals + 1 : next;
    if (!value || !*value) {
        error_set(err, ERROR_INPUT, "option %s needs a value: %s %s", option->name, option->name,
                  option->value);
        return false;
    }
    *text_of(out, option) = value;
    *took_next = !equals;
    return true;
}

bool options_read(const char *const *arguments, size_t count, struct ctl_options *out,
                  const char **words, size_t *word_count, struct error *err) {
    struct ctl_options read = {0};
    size_t found = 0;
    bool only_words = false;
    for (size_t i = 0; i < count; i++) {
        if (only_words || arguments[i][0] != '-' || arguments[i][1] == '\0') {
            words[found++] = arguments[i];
        } else if (strcmp(arguments[i], "--") == 0) {
            only_words = true;
        } else {
            bool took_next = false;
            const char *next = i + 1 < count ? arguments[i + 1] : NULL;
            if (!take(arguments[i], next, &read, &took_next, err))
                return false;
            if (took_next)
                i++;
        }
    }
    if (read.store_folder && read.state_folder) {
        error_set(err, ERROR_INPUT, "--store and --state exclude each other");
        return false;
    }
    *out = read;
    *word_count = found;
    return true;
}

bool options_fit(const struct ctl_options *given, const char *verb, struct error *err) {
    struct ctl_options copy = *given;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];
        bool is_given = option->value ? *text_of(&copy, option) != NULL : *switch_of(&copy, option);
        if (is_given && option->verb && strcmp(option->verb, verb) != 0) {
            error_set(err, ERROR_INPUT, "option %s belongs to the verb %s", option->name,
                      option->verb);
            return false;
        }
    }
    return true;
}

void options_describe(const char *verb, struct buffer *out) {
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];
        bool is_own = verb && option->verb && strcmp(option->verb, verb) == 0;
        if (verb ? !is_own : option->verb != NULL)
            continue;
        size_t before = out->size;
        buffer_printf(out, "  %s%s%s", option->name, option->value ? " " : "",
                      option->value ? option->value : "");
        int pad = 20 - (int)(out->size - before);
        buffer_printf(out, "%*s%s\n", pad > 1 ? pad : 1, "", option->help);
    }
}
