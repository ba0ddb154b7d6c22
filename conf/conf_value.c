#include "conf/conf_value.h"

#include "conf/conf_source.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conf_mistakes *conf_reader_mistakes(struct conf_reader *reader) {
    return &reader->reading->mistakes;
}

struct conf_origin conf_value_origin(const struct conf_reader *reader,
                                     const config_setting_t *from) {
    return conf_source_origin(&reader->source, config_setting_source_line(from));
}

/* ---- words for messages ---- */

static const char *type_name(const config_setting_t *from) {
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "an integer";
    case CONFIG_TYPE_FLOAT:
        return "a number with a fraction";
    case CONFIG_TYPE_STRING:
        return "a text";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ]";
    case CONFIG_TYPE_LIST:
        return "a list ( )";
    default:
        return "nothing";
    }
}

static void append_path(struct buffer *out, const config_setting_t *from) {
    const config_setting_t *parent = config_setting_parent(from);
    if (!parent)
        return;
    append_path(out, parent);
    if (config_setting_name(from))
        buffer_printf(out, "%s%s", out->size > 0 ? "." : "", config_setting_name(from));
    else
        buffer_printf(out, "[%d]", config_setting_index(from) + 1);
}

/* "services.web-access.listeners[2].port"; the elements of a list count from 1. Returns `out`. */
const char *conf_value_path(const config_setting_t *from, char out[static CONF_PATH_SIZE]) {
    struct buffer path = {0};
    append_path(&path, from);
    const char *text = path.failed || !path.data ? "?" : path.data;
    size_t length = strnlen(text, CONF_PATH_SIZE - 1);
    memcpy(out, text, length);
    out[length] = '\0';
    buffer_finish(&path);
    return out;
}

void conf_value_wrong_type(struct conf_reader *reader, const config_setting_t *from,
                           const char *expected) {
    char path[CONF_PATH_SIZE];
    conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                 "%s is %s, but must be %s", conf_value_path(from, path), type_name(from),
                 expected);
}

/* "\"a\", \"b\"" of a table's keys or words. */
void conf_append_choice(struct buffer *out, const char *word) {
    buffer_printf(out, "%s\"%s\"", out->size > 0 ? ", " : "", word);
}

/* "PATH WRONG; allowed: "a", "b"" */
static void tell_words(struct conf_reader *reader, const config_setting_t *from, const char *wrong,
                       const struct conf_word *words) {
    char path[CONF_PATH_SIZE];
    struct buffer allowed = {0};
    for (; words->word; words++)
        conf_append_choice(&allowed, words->word);
    conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from), "%s %s: %s",
                 conf_value_path(from, path), wrong, allowed.failed ? "?" : allowed.data);
    buffer_finish(&allowed);
}

/* The word that the setting names, or NULL after telling the mistake. */
static const struct conf_word *take_word(struct conf_reader *reader, const config_setting_t *from,
                                         const struct conf_word *words) {
    if (config_setting_type(from) != CONFIG_TYPE_STRING) {
        conf_value_wrong_type(reader, from, "a text in quotation marks");
        return NULL;
    }
    const char *text = config_setting_get_string(from);
    for (const struct conf_word *word = words; text && word->word; word++)
        if (strcmp(word->word, text) == 0)
            return word;
    char wrong[CONF_PATH_SIZE];
    snprintf(wrong, sizeof wrong, "is \"%s\"; allowed", text ? text : "");
    tell_words(reader, from, wrong, words);
    return NULL;
}

/* ---- values ---- */

static bool take_number(struct conf_reader *reader, const config_setting_t *from,
                        const struct conf_setting *setting, int64_t *out) {
    char path[CONF_PATH_SIZE];
    int type = config_setting_type(from);
    if (type != CONFIG_TYPE_INT64 && type != CONFIG_TYPE_INT) {
        conf_value_wrong_type(reader, from, "an integer");
        return false;
    }
    int64_t value = config_setting_get_int64(from);
    if (value >= setting->least && value <= setting->most) {
        *out = value;
        return true;
    }
    conf_value_path(from, path);
    if (value == INT64_MAX || value == INT64_MIN)
        conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                     "%s is beyond 64 bits; allowed: %" PRId64 " to %" PRId64, path, setting->least,
                     setting->most);
    else
        conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                     "%s is %" PRId64 "; allowed: %" PRId64 " to %" PRId64, path, value,
                     setting->least, setting->most);
    return false;
}

/* Borrowed text, or NULL after telling the mistake. */
static const char *take_text(struct conf_reader *reader, const config_setting_t *from,
                             const struct conf_setting *setting, bool may_be_empty) {
    char path[CONF_PATH_SIZE];
    if (config_setting_type(from) != CONFIG_TYPE_STRING) {
        conf_value_wrong_type(reader, from, "a text in quotation marks");
        return NULL;
    }
    const char *text = config_setting_get_string(from);
    if (!text)
        text = "";
    if (!*text && may_be_empty)
        return text;
    if (!*text) {
        conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                     "%s is empty%s%s", conf_value_path(from, path),
                     setting->allowed ? "; allowed: " : "",
                     setting->allowed ? setting->allowed : "");
        return NULL;
    }
    if (setting->fits && !setting->fits(text)) {
        conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                     "%s is \"%s\"; allowed: %s", conf_value_path(from, path), text,
                     setting->allowed);
        return NULL;
    }
    return text;
}

/* Puts a copy, or for a path its absolute form, where `member` was. */
static void set_text(struct conf_reader *reader, char **member, const char *text, bool is_path) {
    char *copy = NULL;
    if (*text) {
        copy = is_path ? conf_source_path(reader->folder, text) : strdup(text);
        if (!copy) {
            conf_out_of_memory(conf_reader_mistakes(reader));
            return;
        }
    }
    free(*member);
    *member = copy;
}

/* An array or a list; libconfig tells them apart, people need not. */
static bool is_sequence(struct conf_reader *reader, const config_setting_t *from) {
    if (config_setting_is_array(from) || config_setting_is_list(from))
        return true;
    conf_value_wrong_type(reader, from, "an array of texts [ \"…\", … ]");
    return false;
}

const config_setting_t *conf_element(const config_setting_t *from, int i) {
    return config_setting_get_elem(from, (unsigned)i);
}

static void read_word_set(struct conf_reader *reader, const config_setting_t *from,
                          const struct conf_setting *setting, void *base) {
    if (!is_sequence(reader, from))
        return;
    for (const struct conf_word *word = setting->words; word->word; word++)
        *(bool *)((char *)base + word->value) = false;
    if (config_setting_length(from) == 0)
        tell_words(reader, from, "is empty; name at least one of", setting->words);
    for (int i = 0; i < config_setting_length(from); i++) {
        const struct conf_word *word = take_word(reader, conf_element(from, i), setting->words);
        if (word)
            *(bool *)((char *)base + word->value) = true;
    }
}

static void read_texts(struct conf_reader *reader, const config_setting_t *from,
                       const struct conf_setting *setting, struct string_list *out) {
    if (!is_sequence(reader, from))
        return;
    for (int i = 0; i < config_setting_length(from); i++) {
        const char *text = take_text(reader, conf_element(from, i), setting, false);
        if (text && !string_list_add_unique(out, text))
            conf_out_of_memory(conf_reader_mistakes(reader));
    }
}

void conf_value_read(struct conf_reader *reader, const config_setting_t *from,
                     const struct conf_setting *setting, void *base) {
    void *member = conf_member(setting, base);
    const struct conf_word *word;
    const char *text;
    int64_t number;
    switch (setting->kind) {
    case CONF_FLAG:
        if (config_setting_type(from) != CONFIG_TYPE_BOOL)
            conf_value_wrong_type(reader, from, "true or false");
        else
            *(bool *)member = config_setting_get_bool(from);
        break;
    case CONF_NUMBER:
        if (take_number(reader, from, setting, &number))
            *(int64_t *)member = number;
        break;
    case CONF_PORT:
        if (take_number(reader, from, setting, &number))
            *(uint16_t *)member = (uint16_t)number;
        break;
    case CONF_TEXT:
    case CONF_PATH:
        text = take_text(reader, from, setting, !setting->required);
        if (text)
            set_text(reader, member, text, setting->kind == CONF_PATH);
        break;
    case CONF_WORD:
        word = take_word(reader, from, setting->words);
        if (word)
            *(unsigned *)member = (unsigned)word->value;
        break;
    case CONF_WORD_SET:
        read_word_set(reader, from, setting, base);
        break;
    case CONF_TEXTS:
        read_texts(reader, from, setting, member);
        break;
    case CONF_GROUP:
    case CONF_SERVICES:
    case CONF_LISTENERS:
        assert(!"a group has no value of its own");
    }
}
