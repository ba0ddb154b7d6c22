#include "base/blob.h"
#include "conf/conf_table.h"

#include <inttypes.h>
#include <string.h>

static void print_group(struct buffer *out, const struct conf_setting *group, const void *base,
                        int depth);

static void indent(struct buffer *out, int depth) {
    buffer_printf(out, "%*s", 4 * depth, "");
}

/* A text as libconfig reads it. */
static void print_text(struct buffer *out, const char *text) {
    buffer_append_text(out, "\"");
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            buffer_printf(out, "\\x%02X", c);
        else
            buffer_append(out, text, 1);
    }
    buffer_append_text(out, "\"");
}

static void print_word(struct buffer *out, const struct conf_word *words, unsigned value) {
    while (words->word && words->value != value)
        words++;
    print_text(out, words->word);
}

static void print_word_set(struct buffer *out, const struct conf_word *words, const void *base) {
    const char *between = "";
    buffer_append_text(out, "[");
    for (; words->word; words++) {
        if (!*(const bool *)((const char *)base + words->value))
            continue;
        buffer_append_text(out, between);
        print_text(out, words->word);
        between = ", ";
    }
    buffer_append_text(out, "]");
}

static void print_texts(struct buffer *out, const struct string_list *list) {
    buffer_append_text(out, "[");
    for (size_t i = 0; i < list->count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        print_text(out, list->items[i]);
    }
    buffer_append_text(out, "]");
}

static void print_services(struct buffer *out, const struct conf *conf, int depth) {
    buffer_append_text(out, "{\n");
    for (size_t i = 0; i < conf->service_count; i++) {
        indent(out, depth + 1);
        buffer_printf(out, "%s: {\n", conf->services[i].name);
        print_group(out, conf_service_settings, &conf->services[i], depth + 2);
        indent(out, depth + 1);
        buffer_append_text(out, "};\n");
    }
    indent(out, depth);
    buffer_append_text(out, "}");
}

static void print_listeners(struct buffer *out, const struct conf_service *service, int depth) {
    buffer_append_text(out, "(");
    for (size_t i = 0; i < service->listener_count; i++) {
        buffer_append_text(out, i > 0 ? ",\n" : "\n");
        indent(out, depth + 1);
        buffer_append_text(out, "{\n");
        print_group(out, conf_listener_settings, &service->listeners[i], depth + 2);
        indent(out, depth + 1);
        buffer_append_text(out, "}");
    }
    if (service->listener_count > 0) {
        buffer_append_text(out, "\n");
        indent(out, depth);
    }
    buffer_append_text(out, ")");
}

static void print_value(struct buffer *out, const struct conf_setting *setting, const void *base,
                        int depth) {
    const void *member = conf_member_const(setting, base);
    switch (setting->kind) {
    case CONF_FLAG:
        buffer_append_text(out, *(const bool *)member ? "true" : "false");
        break;
    case CONF_NUMBER:
        buffer_printf(out, "%" PRId64, *(const int64_t *)member);
        break;
    case CONF_PORT:
        buffer_printf(out, "%" PRIu16, *(const uint16_t *)member);
        break;
    case CONF_TEXT:
    case CONF_PATH:
        print_text(out, *(char *const *)member);
        break;
    case CONF_WORD:
        print_word(out, setting->words, *(const unsigned *)member);
        break;
    case CONF_WORD_SET:
        print_word_set(out, setting->words, base);
        break;
    case CONF_TEXTS:
        print_texts(out, member);
        break;
    case CONF_GROUP:
        buffer_append_text(out, "{\n");
        print_group(out, setting->group, base, depth + 1);
        indent(out, depth);
        buffer_append_text(out, "}");
        break;
    case CONF_SERVICES:
        print_services(out, base, depth);
        break;
    case CONF_LISTENERS:
        print_listeners(out, base, depth);
        break;
    }
}

static void print_group(struct buffer *out, const struct conf_setting *group, const void *base,
                        int depth) {
    for (; group->key; group++) {
        indent(out, depth);
        bool is_group = group->kind == CONF_GROUP || group->kind == CONF_SERVICES;
        buffer_printf(out, "%s%s ", group->key, is_group ? ":" : " =");
        print_value(out, group, base, depth);
        buffer_append_text(out, ";\n");
    }
}

char *conf_print(const struct conf *conf) {
    struct buffer out = {0};
    print_group(&out, conf_settings, conf, 0);
    return buffer_take(&out);
}
