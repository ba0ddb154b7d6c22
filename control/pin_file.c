#include "control/pin_file.h"

#include "platform/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "pins"

enum { PIN_FILE_LIMIT = 256 * 1024 };

void pin_list_finish(struct pin_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].service);
        free(list->items[i].entry);
    }
    free(list->items);
    *list = (struct pin_list){0};
}

const char *pin_list_find(const struct pin_list *list, const char *service) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].service, service) == 0)
            return list->items[i].entry;
    return NULL;
}

bool pin_list_equal(const struct pin_list *a, const struct pin_list *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].service, b->items[i].service) != 0 ||
            strcmp(a->items[i].entry, b->items[i].entry) != 0)
            return false;
    return true;
}

/* ---- reading ---- */

/* The file's object; a new reference. */
static bool read_object(const void *text, size_t size, json_t **out, struct error *err) {
    json_error_t where;
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    const char *service = NULL;
    json_t *entry = NULL;
    if (!object) {
        error_set(err, ERROR_INPUT, "line %d: %s", where.line, where.text);
        return false;
    }
    if (!json_is_object(object)) {
        error_set(err, ERROR_INPUT, "it holds no JSON object {\"SERVICE\": \"ENTRY\"}");
        goto failed;
    }
    json_object_foreach(object, service, entry) {
        if (json_string_length(entry) == 0) {
            error_set(err, ERROR_INPUT, "the pin of \"%.100s\" is no name of an entry", service);
            goto failed;
        }
    }
    *out = object;
    return true;
failed:
    json_decref(object);
    return false;
}

static int by_service(const void *left, const void *right) {
    const struct pin *a = left, *b = right;
    return strcmp(a->service, b->service);
}

static bool list_of(json_t *object, struct pin_list *out, struct error *err) {
    struct pin_list list = {.items = calloc(json_object_size(object) + 1, sizeof *list.items)};
    bool ok = list.items != NULL;
    const char *service = NULL;
    json_t *entry = NULL;
    json_object_foreach(object, service, entry) {
        if (!ok)
            break;
        struct pin *pin = &list.items[list.count++];
        pin->service = strdup(service);
        pin->entry = strdup(json_string_value(entry));
        ok = pin->service && pin->entry;
    }
    if (!ok) {
        error_set(err, ERROR_MEMORY, "out of memory");
        pin_list_finish(&list);
        return false;
    }
    qsort(list.items, list.count, sizeof *list.items, by_service);
    *out = list;
    return true;
}

bool pin_list_read(const void *text, size_t size, struct pin_list *out, struct error *err) {
    json_t *object = NULL;
    if (!read_object(text, size, &object, err))
        return false;
    bool ok = list_of(object, out, err);
    json_decref(object);
    return ok;
}

/* ---- the file ---- */

/* Gives an empty object where there is no file. */
static bool load(const char *path, json_t **out, struct error *err) {
    struct blob bytes = {0};
    struct error why = {0};
    if (!file_read(path, PIN_FILE_LIMIT, &bytes, NULL, &why)) {
        if (why.kind == ERROR_MISSING && (*out = json_object()))
            return true;
        if (why.kind == ERROR_MISSING)
            error_set(&why, ERROR_MEMORY, "out of memory");
        if (err)
            *err = why;
        return false;
    }
    bool ok = read_object(bytes.data, bytes.size, out, err);
    if (!ok)
        error_prefix(err, "%s: mend or remove it", path);
    blob_finish(&bytes);
    return ok;
}

static char *path_of(const char *state_folder, struct error *err) {
    char *path = path_join(state_folder, FILE_NAME);
    if (!path)
        error_set(err, ERROR_MEMORY, "out of memory");
    return path;
}

bool pin_file_read(const char *state_folder, struct pin_list *out, struct error *err) {
    char *path = path_of(state_folder, err);
    json_t *object = NULL;
    bool ok = path && load(path, &object, err) && list_of(object, out, err);
    json_decref(object);
    free(path);
    return ok;
}

static bool store(const char *path, const json_t *object, struct error *err) {
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_SORT_KEYS);
    struct buffer out = {0};
    buffer_append_text(&out, text ? text : "");
    buffer_append_text(&out, "\n");
    bool ok = text && !out.failed;
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    else
        ok = file_write(path, out.data, out.size, 0600, FILE_REPLACE, err);
    buffer_finish(&out);
    free(text);
    return ok;
}

bool pin_file_set(const char *state_folder, const char *service, const char *entry,
                  struct error *err) {
    bool ok = false;
    json_t *object = NULL, *name = NULL;
    char *path = path_of(state_folder, err);
    if (!path || !load(path, &object, err))
        goto done;
    const char *before = json_string_value(json_object_get(object, service));
    if (entry ? before && strcmp(before, entry) == 0 : !before) {
        ok = true;
        goto done;
    }
    if (entry && !(name = json_string(entry))) {
        error_set(err, ERROR_INPUT, "the name of the entry is no UTF-8: rename it first");
        goto done;
    }
    if (entry ? json_object_set(object, service, name) != 0
              : json_object_del(object, service) != 0) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    ok = store(path, object, err);
done:
    json_decref(name);
    json_decref(object);
    free(path);
    return ok;
}
