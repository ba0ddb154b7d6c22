#include "certs/entry_meta.h"

#include "base/utf8.h"
#include "platform/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void entry_meta_finish(struct entry_meta *meta) {
    free(meta->friendly_name);
    free(meta->made_by);
    free(meta->unknown);
    *meta = (struct entry_meta){0};
}

/* ---- reading ---- */

static bool wrong_type(const char *member, const char *wanted, struct error *err) {
    error_set(err, ERROR_INPUT, "\"%s\" must be %s", member, wanted);
    return false;
}

static bool take_text(const json_t *object, const char *member, char **out, struct error *err) {
    const json_t *value = json_object_get(object, member);
    if (!value)
        return true;
    if (!json_is_string(value))
        return wrong_type(member, "a text in quotes", err);
    *out = strdup(json_string_value(value));
    return *out ? true : error_no_memory(err);
}

static bool take_flag(const json_t *object, const char *member, bool *out, struct error *err) {
    const json_t *value = json_object_get(object, member);
    if (value && !json_is_boolean(value))
        return wrong_type(member, "true or false", err);
    *out = json_is_true(value);
    return true;
}

static bool take_time(const json_t *object, const char *member, int64_t *out, struct error *err) {
    const json_t *value = json_object_get(object, member);
    if (value && !json_is_integer(value))
        return wrong_type(member, "a whole number: seconds since 1970", err);
    *out = json_integer_value(value);
    return true;
}

/* What is left once the members we know are gone. */
static bool take_unknown(json_t *object, char **out, struct error *err) {
    static const char *const known[] = {"friendly_name", "exportable", "made_by", "made"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        json_object_del(object, known[i]);
    if (json_object_size(object) == 0)
        return true;
    *out = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
    return *out ? true : error_no_memory(err);
}

/* The parser's words quote the text, whatever stands in it. */
static void not_json(const json_error_t *wrong, struct error *err) {
    struct buffer words = {0};
    utf8_append_printable(&words, wrong->text);
    error_set(err, ERROR_INPUT, "line %d, column %d is no JSON: %s", wrong->line, wrong->column,
              words.data && !words.failed ? words.data : "");
    buffer_finish(&words);
}

/* NULL: ERROR_INPUT, or out of memory. */
static json_t *parse(const void *text, size_t size, struct error *err) {
    json_error_t wrong;
    if (size > ENTRY_META_LIMIT) {
        error_set(err, ERROR_INPUT, "it holds %zu bytes, more than the %d it may", size,
                  ENTRY_META_LIMIT);
        return NULL;
    }
    json_t *value = json_loadb(size ? text : "", size, JSON_REJECT_DUPLICATES, &wrong);
    if (!value && json_error_code(&wrong) == json_error_out_of_memory) {
        error_no_memory(err);
        return NULL;
    }
    if (!value) {
        not_json(&wrong, err);
        return NULL;
    }
    if (json_is_object(value))
        return value;
    json_decref(value);
    error_set(err, ERROR_INPUT, "it must be one JSON object, {…}");
    return NULL;
}

bool entry_meta_read(const void *text, size_t size, struct entry_meta *out, struct error *err) {
    struct entry_meta meta = {0};
    json_t *object = parse(text, size, err);
    if (!object)
        return false;
    bool ok = take_text(object, "friendly_name", &meta.friendly_name, err) &&
              take_flag(object, "exportable", &meta.exportable, err) &&
              take_text(object, "made_by", &meta.made_by, err) &&
              take_time(object, "made", &meta.made, err) &&
              take_unknown(object, &meta.unknown, err);
    json_decref(object);
    if (ok)
        *out = meta;
    else
        entry_meta_finish(&meta);
    return ok;
}

bool entry_meta_load(const char *store_folder, const char *entry, struct entry_meta *out,
                     struct error *err) {
    struct buffer path = {0};
    struct blob text = {0};
    struct error why = {0};
    buffer_printf(&path, "%s/%s.meta", store_folder, entry);
    if (path.failed) {
        buffer_finish(&path);
        return error_no_memory(err);
    }
    bool ok = file_read(path.data, ENTRY_META_LIMIT, &text, NULL, &why);
    if (ok && !entry_meta_read(text.data, text.size, out, &why)) {
        error_prefix(&why, "%s", path.data);
        ok = false;
    } else if (!ok && why.kind == ERROR_MISSING) {
        *out = (struct entry_meta){0};
        ok = true;
    }
    if (!ok)
        error_set(err, why.kind, "%s", why.text);
    blob_finish(&text);
    buffer_finish(&path);
    return ok;
}

/* ---- writing ---- */

static bool add(json_t *object, const char *member, json_t *value, struct error *err) {
    return json_object_set_new(object, member, value) == 0 ? true : error_no_memory(err);
}

static bool add_text(json_t *object, const char *member, const char *text, struct error *err) {
    if (!text)
        return true;
    json_t *value = json_string(text);
    if (value)
        return add(object, member, value, err);
    error_set(err, ERROR_INPUT, "\"%s\" is no well-formed UTF-8", member);
    return false;
}

/* Those that we know have been written before, and stay. */
static bool add_unknown(json_t *object, const char *unknown, struct error *err) {
    if (!unknown)
        return true;
    json_t *others = parse(unknown, strlen(unknown), err);
    if (!others)
        return false;
    bool ok = json_object_update_missing(object, others) == 0 || error_no_memory(err);
    json_decref(others);
    return ok;
}

static bool give_text(const json_t *object, struct blob *out, struct error *err) {
    char *text = json_dumps(object, JSON_INDENT(2));
    struct buffer line = {0};
    if (text) {
        buffer_append_text(&line, text);
        buffer_append_text(&line, "\n");
    }
    free(text);
    if (!text || line.failed) {
        buffer_finish(&line);
        return error_no_memory(err);
    }
    if (line.size > ENTRY_META_LIMIT) {
        error_set(err, ERROR_INPUT, "it would hold %zu bytes, more than the %d it may", line.size,
                  ENTRY_META_LIMIT);
        buffer_finish(&line);
        return false;
    }
    *out = (struct blob){(unsigned char *)line.data, line.size};
    return true;
}

bool entry_meta_write(const struct entry_meta *meta, struct blob *out, struct error *err) {
    json_t *object = json_object();
    if (!object)
        return error_no_memory(err);
    bool ok = add_text(object, "friendly_name", meta->friendly_name, err) &&
              (!meta->exportable || add(object, "exportable", json_true(), err)) &&
              add_text(object, "made_by", meta->made_by, err) &&
              (meta->made == 0 || add(object, "made", json_integer(meta->made), err)) &&
              add_unknown(object, meta->unknown, err) && give_text(object, out, err);
    json_decref(object);
    return ok;
}
