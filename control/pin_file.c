#include "control/pin_file.h"

#include "platform/held_folder.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "pins"
#define LOCK_NAME ".mailstored-lock"

enum { PIN_FILE_LIMIT = 256 * 1024, WAIT_MS = 5000 };

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

/* A missing file is an empty object. */
static bool read_or_empty(bool was_read, const char *folder, struct blob *bytes, json_t **out,
                          struct error *why, struct error *err) {
    bool ok = false;
    if (was_read)
        ok = read_object(bytes->data, bytes->size, out, why);
    else if (why->kind == ERROR_MISSING) {
        *out = json_object();
        ok = *out != NULL;
        if (!ok)
            error_set(why, ERROR_MEMORY, "out of memory");
    }
    if (was_read && !ok)
        error_prefix(why, "%s/" FILE_NAME ": mend or remove it", folder);
    if (!ok && err)
        *err = *why;
    blob_finish(bytes);
    return ok;
}

bool pin_file_read(const char *state_folder, struct pin_list *out, struct error *err) {
    char *path = path_join(state_folder, FILE_NAME);
    struct blob bytes = {0};
    struct error why = {0};
    json_t *object = NULL;
    if (!path) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    bool was_read = file_read(path, PIN_FILE_LIMIT, &bytes, NULL, &why);
    bool ok = read_or_empty(was_read, state_folder, &bytes, &object, &why, err) &&
              list_of(object, out, err);
    json_decref(object);
    free(path);
    return ok;
}

static bool load(const struct held_folder *folder, json_t **out, struct error *err) {
    struct blob bytes = {0};
    struct error why = {0};
    bool was_read = held_folder_read(folder, FILE_NAME, PIN_FILE_LIMIT, &bytes, &why);
    return read_or_empty(was_read, held_folder_path(folder), &bytes, out, &why, err);
}

static bool put(const struct held_folder *folder, const void *data, size_t size,
                struct error *err) {
    char temporary[FILE_TEMPORARY_SIZE];
    if (!file_temporary_name(temporary, err) ||
        !held_folder_create(folder, temporary, data, size, 0600, err))
        return false;
    if (!held_folder_replace(folder, temporary, FILE_NAME, err)) {
        held_folder_remove(folder, temporary, NULL);
        return false;
    }
    return held_folder_sync(folder, err);
}

static bool store(const struct held_folder *folder, const json_t *object, struct error *err) {
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_SORT_KEYS);
    struct buffer out = {0};
    buffer_append_text(&out, text ? text : "");
    buffer_append_text(&out, "\n");
    bool ok = text && !out.failed;
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    else
        ok = put(folder, out.data, out.size, err);
    buffer_finish(&out);
    free(text);
    return ok;
}

/* `changed`: was it not so already? */
static bool change(json_t *object, const char *service, const char *entry, bool *changed,
                   struct error *err) {
    const char *before = json_string_value(json_object_get(object, service));
    *changed = entry ? !before || strcmp(before, entry) != 0 : before != NULL;
    if (!*changed)
        return true;
    json_t *name = entry ? json_string(entry) : NULL;
    if (entry && !name) {
        error_set(err, ERROR_INPUT, "the name of the entry is no UTF-8: rename it first");
        return false;
    }
    if (entry ? json_object_set_new(object, service, name) == 0
              : json_object_del(object, service) == 0)
        return true;
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

/* What is to become of the pins. Borrowed. */
struct wanted {
    const char *service; /* NULL: of every service that has `from` pinned */
    const char *from, *to;
};

static bool change_all(json_t *object, const struct wanted *wanted, bool *changed,
                       struct error *err) {
    const char *service = NULL;
    json_t *entry = NULL;
    void *next = NULL;
    if (wanted->service)
        return change(object, wanted->service, wanted->to, changed, err);
    json_object_foreach_safe(object, next, service, entry) {
        bool one = false;
        if (strcmp(json_string_value(entry), wanted->from) != 0)
            continue;
        if (!change(object, service, wanted->to, &one, err))
            return false;
        *changed |= one;
    }
    return true;
}

static bool change_file(const char *state_folder, const struct wanted *wanted, struct error *err) {
    struct held_folder *folder = NULL;
    struct file_lock *lock = NULL;
    json_t *object = NULL;
    bool changed = false;
    /* Of two that pin at the same moment neither takes away what the other did. */
    bool ok = held_folder_open(state_folder, &folder, err) &&
              held_folder_lock(folder, LOCK_NAME, WAIT_MS, &lock, err);
    if (ok)
        held_folder_sweep(folder); /* what one left that died while it wrote */
    ok = ok && load(folder, &object, err) && change_all(object, wanted, &changed, err) &&
         (!changed || store(folder, object, err));
    json_decref(object);
    file_lock_release(lock);
    held_folder_close(folder);
    return ok;
}

bool pin_file_set(const char *state_folder, const char *service, const char *entry,
                  struct error *err) {
    return change_file(state_folder, &(struct wanted){.service = service, .to = entry}, err);
}

bool pin_file_move(const char *state_folder, const char *from, const char *to, struct error *err) {
    return change_file(state_folder, &(struct wanted){.from = from, .to = to}, err);
}
