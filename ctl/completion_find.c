#include "ctl/completion.h"

#include "base/string_list.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/options.h"
#include "ctl/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_LIMIT = 16, RUNS_TIMEOUT_MS = 2000 };

/* What stands before the word that is completed. */
struct line {
    const struct ctl_verb *verb;       /* NULL: none yet */
    const char *first;                 /* of a verb of two words; NULL: none */
    const struct ctl_option *awaiting; /* whose value comes next; NULL: none */
    size_t arguments;                  /* of the verb */
    bool only_words;                   /* "--" was there */
    struct ctl_given places[PLACES_LIMIT];
    char *expanded[PLACES_LIMIT]; /* their values */
    size_t place_count;
};

/* ---- the command line so far ---- */

static const struct ctl_option *option_of(const struct line *line, const char *word) {
    size_t length = strcspn(word, "=");
    const struct ctl_option *option = options_find(ctl_common_options, word, length);
    if (!option && line->verb)
        option = options_find(line->verb->options, word, length);
    return option;
}

/* Shells hand over "~" as it was typed. */
static char *expand(const char *path) {
    const char *home = getenv("HOME"); // NOLINT(concurrency-mt-unsafe): one thread
    struct buffer out = {0};
    bool is_home = home && path[0] == '~' && (path[1] == '/' || path[1] == '\0');
    buffer_printf(&out, "%s%s", is_home ? home : "", is_home ? path + 1 : path);
    return buffer_take(&out);
}

/* Those that say where the store is are needed to name its entries. */
static void take_value(struct line *line, const struct ctl_option *option, const char *value) {
    if (!options_find(ctl_common_options, option->name, strlen(option->name)) ||
        line->place_count == PLACES_LIMIT)
        return;
    char *expanded = expand(value);
    if (!expanded)
        return;
    line->expanded[line->place_count] = expanded;
    line->places[line->place_count++] = (struct ctl_given){option->name, expanded};
}

static void take_option(struct line *line, const char *word) {
    const struct ctl_option *option = option_of(line, word);
    const char *equals = strchr(word, '=');
    if (!option || !option->value)
        return;
    if (equals)
        take_value(line, option, equals + 1);
    else
        line->awaiting = option;
}

/* The second of a verb's two words; "" if it has one. */
static const char *second_word(const struct ctl_verb *verb) {
    const char *space = strchr(verb->name, ' ');
    return space ? space + 1 : "";
}

static bool begins_with_word(const struct ctl_verb *verb, const char *word) {
    size_t length = strlen(word);
    return strncmp(verb->name, word, length) == 0 &&
           (verb->name[length] == ' ' || verb->name[length] == '\0');
}

static void take_word(struct line *line, const char *word) {
    if (line->verb) {
        line->arguments++;
        return;
    }
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++) {
        if (line->first
                ? begins_with_word(*verb, line->first) && strcmp(second_word(*verb), word) == 0
                : strcmp((*verb)->name, word) == 0) {
            line->verb = *verb;
            return;
        }
        if (!line->first && begins_with_word(*verb, word)) {
            line->first = word;
            return;
        }
    }
}

static void take(struct line *line, const char *word) {
    if (line->awaiting) {
        if (strcmp(word, "=") == 0)
            return; /* bash parts "--store=DIR" into three words */
        take_value(line, line->awaiting, word);
        line->awaiting = NULL;
    } else if (!line->only_words && strcmp(word, "--") == 0) {
        line->only_words = true;
    } else if (!line->only_words && word[0] == '-') {
        take_option(line, word);
    } else {
        take_word(line, word);
    }
}

/* ---- what may stand there ---- */

/* What is typed of it, and where the words go that begin so. */
struct offer {
    const char *typed;  /* compared with what is behind `before` */
    const char *before; /* stands in front of every word: "--store=" */
    struct buffer *out;
};

static void offer_word(const struct offer *offer, const char *word, const char *meaning) {
    if (strncmp(word, offer->typed, strlen(offer->typed)) != 0 || strpbrk(word, "\t\n"))
        return;
    buffer_printf(offer->out, "%s%s%s%s\n", offer->before, word, *meaning ? "\t" : "", meaning);
}

static void offer_options(const struct offer *offer, const struct ctl_option *table) {
    for (; table && table->name; table++)
        offer_word(offer, table->name, table->help);
}

static void offer_verbs(const struct offer *offer) {
    struct string_list offered = {0};
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++) {
        char word[64];
        bool is_one = !*second_word(*verb);
        snprintf(word, sizeof word, "%.*s", (int)strcspn((*verb)->name, " "), (*verb)->name);
        if (!string_list_has(&offered, word))
            offer_word(offer, word, is_one ? (*verb)->summary : "several verbs");
        string_list_add_unique(&offered, word);
    }
    string_list_finish(&offered);
}

static void offer_second_words(const struct offer *offer, const char *first) {
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++)
        if (begins_with_word(*verb, first))
            offer_word(offer, second_word(*verb), (*verb)->summary);
}

static void offer_listed(const struct offer *offer, const char *words) {
    for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
        char word[64];
        size_t length = strcspn(words, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        offer_word(offer, word, "");
        words += length;
    }
}

static void offer_entries(const struct offer *offer, const struct ctl *ctl) {
    struct place place = {0};
    json_t *answer = NULL;
    if (place_find(ctl, &place) == CTL_FINE &&
        inventory_get(&place, NULL, ctl->now, &answer, &(struct error){0})) {
        const json_t *entry = NULL;
        size_t i = 0;
        json_array_foreach(json_object_get(answer, "entries"), i, entry) {
            const char *name = answer_text(entry, "name"), *subject = answer_text(entry, "subject");
            struct buffer meaning = {0};
            utf8_append_printable(&meaning, subject ? subject : "");
            offer_word(offer, name ? name : "", meaning.data ? meaning.data : "");
            buffer_finish(&meaning);
        }
    }
    json_decref(answer);
    place_finish(&place);
}

static void offer_services(const struct offer *offer, const struct ctl *ctl) {
    struct conf *conf = NULL;
    if (place_conf(ctl, &conf) != CTL_FINE)
        return;
    for (size_t i = 0; conf && i < conf->service_count; i++)
        offer_word(offer, conf->services[i].name, conf->services[i].enabled ? "" : "switched off");
    conf_destroy(conf);
}

static void offer_runs(const struct offer *offer, const struct ctl *ctl) {
    struct place place = {0};
    json_t *answer = NULL;
    if (place_find(ctl, &place) == CTL_FINE &&
        control_ask(place.socket, "lab-list", NULL, RUNS_TIMEOUT_MS, &answer, &(struct error){0})) {
        const json_t *run = NULL;
        size_t i = 0;
        json_array_foreach(json_object_get(answer, "runs"), i, run) {
            const char *name = answer_text(run, "run"), *page = answer_text(run, "page");
            offer_word(offer, name ? name : "", page ? page : "");
        }
    }
    json_decref(answer);
    place_finish(&place);
}

static void offer_kind(const struct offer *offer, enum ctl_completion kind, const char *words,
                       const struct line *line, int64_t now) {
    struct ctl_options places = {(struct ctl_given *)line->places, line->place_count};
    const struct ctl ctl = {.options = &places, .now = now};
    if (kind == CTL_COMPLETE_ENTRY)
        offer_entries(offer, &ctl);
    else if (kind == CTL_COMPLETE_SERVICE)
        offer_services(offer, &ctl);
    else if (kind == CTL_COMPLETE_RUN)
        offer_runs(offer, &ctl);
    else if (kind == CTL_COMPLETE_VERB)
        offer_verbs(offer);
    else if (kind == CTL_COMPLETE_WORDS)
        offer_listed(offer, words);
}

/* ---- which of these ---- */

static void begin(enum ctl_completion kind, struct buffer *out) {
    buffer_append_text(out, kind == CTL_COMPLETE_FILE     ? "files\n"
                            : kind == CTL_COMPLETE_FOLDER ? "folders\n"
                                                          : "words\n");
}

static void complete_value(const struct line *line, const struct ctl_option *option,
                           const struct offer *offer, int64_t now) {
    begin(option->completion, offer->out);
    offer_kind(offer, option->completion, option->words, line, now);
}

static enum ctl_completion kind_of_argument(enum ctl_completion kind, size_t before) {
    if (kind == CTL_COMPLETE_SERVICE_THEN_ENTRY)
        return before == 0 ? CTL_COMPLETE_SERVICE : CTL_COMPLETE_ENTRY;
    if (kind == CTL_COMPLETE_FOLDER_THEN_RUN)
        return before == 0 ? CTL_COMPLETE_FOLDER : CTL_COMPLETE_RUN;
    return kind;
}

static void complete_argument(const struct line *line, const struct offer *offer, int64_t now) {
    const struct ctl_verb *verb = line->verb;
    enum ctl_completion kind = line->arguments < verb->most_arguments
                                   ? kind_of_argument(verb->completion, line->arguments)
                                   : CTL_COMPLETE_NOTHING;
    begin(kind, offer->out);
    offer_kind(offer, kind, verb->words, line, now);
}

static void complete(const struct line *line, const char *typed, int64_t now, struct buffer *out) {
    struct offer offer = {.typed = typed, .before = "", .out = out};
    const char *equals = strchr(typed, '=');
    char before[64];
    const struct ctl_option *option =
        typed[0] == '-' && equals && !line->only_words ? option_of(line, typed) : NULL;
    if (line->awaiting) {
        offer.typed += strcmp(typed, "=") == 0;
        complete_value(line, line->awaiting, &offer, now);
        return;
    }
    if (option && option->value) {
        snprintf(before, sizeof before, "%.*s", (int)(equals + 1 - typed), typed);
        offer.typed = equals + 1;
        offer.before = before;
        complete_value(line, option, &offer, now);
        return;
    }
    if (typed[0] == '-' && !line->only_words) {
        begin(CTL_COMPLETE_WORDS, out);
        offer_options(&offer, line->verb ? line->verb->options : NULL);
        offer_options(&offer, ctl_common_options);
        return;
    }
    if (line->verb) {
        complete_argument(line, &offer, now);
        return;
    }
    begin(CTL_COMPLETE_WORDS, out);
    if (line->first)
        offer_second_words(&offer, line->first);
    else
        offer_verbs(&offer);
}

void completion_find(const char *const *words, size_t count, int64_t now, struct buffer *out) {
    struct line line = {0};
    for (size_t i = 0; i + 1 < count; i++)
        take(&line, words[i]);
    complete(&line, count ? words[count - 1] : "", now, out);
    for (size_t i = 0; i < line.place_count; i++)
        free(line.expanded[i]);
}
