/* Changing whole entries: which files are an entry's is for certs/store_names.h to say. */
#include "certs/cert_make.h"
#include "certs/store_names.h"
#include "certs/store_plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- an entry's files ---- */

static bool belongs(const char *file, const char *entry, enum store_role *role) {
    struct store_name name = store_name_read(file);
    *role = name.role;
    return name.role != STORE_PASSED_OVER && name.entry_length == strlen(entry) &&
           memcmp(file, entry, name.entry_length) == 0;
}

static bool note_source(void *context, const char *name) {
    bool *found = context;
    enum store_role role = store_name_in_folder(name);
    *found = store_role_is_certificate(role) || store_role_is_key(role);
    return !*found;
}

/* Folders of another meaning ("lost+found", an administrator's "old") are not ours to remove. One
 * that cannot be looked into, or a link that leads nowhere, is a broken entry (store_entry.c). */
static bool is_entry_folder(const struct store_change *change, const char *name) {
    struct file_identity identity;
    bool found = false;
    char *path = path_join(held_folder_path(change->folder), name);
    bool is_reached = path && file_identify(path, &identity, NULL);
    if (is_reached && !identity.is_folder)
        found = false;
    else
        found = !is_reached || !folder_list(path, note_source, &found, NULL) || found;
    free(path);
    return found;
}

struct entry_file {
    char *name;
    enum store_role role;
};

struct entry_files {
    struct entry_file *items;
    size_t count;
};

static void files_finish(struct entry_files *files) {
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].name);
    free(files->items);
    *files = (struct entry_files){0};
}

static bool files_add(struct entry_files *files, const char *name, enum store_role role) {
    struct entry_file *items = realloc(files->items, (files->count + 1) * sizeof *items);
    if (!items)
        return false;
    files->items = items;
    items[files->count] = (struct entry_file){strdup(name), role};
    return items[files->count].name && ++files->count;
}

/* Gives `out`. */
static bool files_of(const struct store_change *change, const char *entry, struct entry_files *out,
                     struct error *err) {
    struct entry_files files = {0};
    enum store_role role;
    for (size_t i = 0; i < change->plan.count; i++) {
        const char *name = change->plan.names[i].name;
        if (!belongs(name, entry, &role) ||
            (role == STORE_FOLDER && !is_entry_folder(change, name)) ||
            files_add(&files, name, role))
            continue;
        error_set(err, ERROR_MEMORY, "%s: out of memory", entry);
        files_finish(&files);
        return false;
    }
    *out = files;
    return true;
}

bool store_change_has(const struct store_change *change, const char *entry) {
    enum store_role role;
    for (size_t i = 0; i < change->plan.count; i++) {
        const char *name = change->plan.names[i].name;
        if (!belongs(name, entry, &role))
            continue;
        if (store_role_is_certificate(role) || store_role_is_key(role) ||
            (role == STORE_FOLDER && is_entry_folder(change, name)))
            return true;
    }
    return false;
}

static bool expect(const struct store_change *change, const char *entry, bool there,
                   struct error *err) {
    if (store_change_has(change, entry) == there)
        return true;
    error_set(err, there ? ERROR_MISSING : ERROR_EXISTS,
              there ? "the store %s has no entry %s"
                    : "the store %s has an entry %s already: choose another name",
              held_folder_path(change->folder), entry);
    return false;
}

/* ---- in which order ---- */

/* Whoever looks meanwhile keeps the last good version as long as a certificate or key is left, and
 * takes up a better one at once. So what is not used goes first (roles stand in the order of
 * precedence), and what completes the entry of the new name comes last. */
static int rank(enum store_role role, bool side_first) {
    enum { CERTIFICATES = 100, KEYS = 200, SIDE_FIRST = 0, SIDE_LAST = 300 };
    if (store_role_is_certificate(role) || role == STORE_FOLDER)
        return CERTIFICATES + STORE_FOLDER - (int)role;
    if (store_role_is_key(role))
        return KEYS + (int)role;
    return (side_first ? SIDE_FIRST : SIDE_LAST) + (int)role;
}

static int compare_side_first(const void *left, const void *right) {
    const struct entry_file *a = left, *b = right;
    return rank(a->role, true) - rank(b->role, true);
}

static int compare_side_last(const void *left, const void *right) {
    const struct entry_file *a = left, *b = right;
    return rank(a->role, false) - rank(b->role, false);
}

static void sort(struct entry_files *files, int (*compare)(const void *, const void *)) {
    if (files->count > 1)
        qsort(files->items, files->count, sizeof *files->items, compare);
}

/* ---- steps ---- */

/* Newly allocated; NULL: out of memory. */
static char *joined(const char *entry, const char *ending, struct error *err) {
    struct buffer name = {0};
    buffer_append_text(&name, entry);
    buffer_append_text(&name, ending);
    char *text = buffer_take(&name);
    if (!text)
        error_set(err, ERROR_MEMORY, "%s: out of memory", entry);
    return text;
}

static bool remove_all(struct store_change *change, const struct entry_files *files,
                       const char *but, const char *nor, struct error *err) {
    bool ok = true;
    for (size_t i = 0; i < files->count && ok; i++)
        if (!(but && strcmp(files->items[i].name, but) == 0) &&
            !(nor && strcmp(files->items[i].name, nor) == 0))
            ok = store_plan_remove(&change->plan, files->items[i].name, err);
    /* Half of an entry's steps are none. */
    change->plan.is_broken |= !ok;
    return ok;
}

static bool write_meta(struct store_change *change, const char *file, const struct entry_meta *meta,
                       struct error *err) {
    struct blob text = {0};
    bool ok = entry_meta_write(meta, &text, err);
    if (!ok)
        error_prefix(err, "%s", file);
    ok = ok && store_plan_write(&change->plan, file, text.data, text.size, 0600, err);
    blob_finish(&text);
    return ok;
}

static bool write_pem(struct store_change *change, const char *file,
                      const struct cert_material *material, struct error *err) {
    struct blob text = {0};
    bool ok = cert_to_pem(material, &text, err) &&
              store_plan_write(&change->plan, file, text.data, text.size, 0600, err);
    blob_wipe(&text);
    return ok;
}

static bool check_put(const struct store_change *change, const char *entry,
                      const struct cert_material *material, bool replace, struct error *err) {
    if (!entry_name_check(entry, err) || (!replace && !expect(change, entry, false, err)))
        return false;
    if (material->key.size > 0 && material->chain_count > 0)
        return true;
    error_set(err, ERROR_INPUT, "%s: an entry of the store needs a certificate and its key", entry);
    return false;
}

bool store_change_put(struct store_change *change, const char *entry,
                      const struct cert_material *material, const struct entry_meta *meta,
                      bool replace, struct error *err) {
    struct entry_files old = {0};
    if (!check_put(change, entry, material, replace, err))
        return false;
    char *pem = joined(entry, ".pem", err), *about = joined(entry, ".meta", err);
    bool ok = pem && about && files_of(change, entry, &old, err);
    if (ok) {
        sort(&old, compare_side_last);
        ok = write_pem(change, pem, material, err) &&
             (!meta || write_meta(change, about, meta, err)) &&
             remove_all(change, &old, pem, meta ? about : NULL, err);
        change->plan.is_broken |= !ok;
    }
    files_finish(&old);
    free(about);
    free(pem);
    return ok;
}

bool store_change_remove_entry(struct store_change *change, const char *entry, struct error *err) {
    struct entry_files files = {0};
    if (!files_of(change, entry, &files, err))
        return false;
    sort(&files, compare_side_last);
    bool ok = (files.count > 0 || expect(change, entry, true, err)) &&
              remove_all(change, &files, NULL, NULL, err);
    files_finish(&files);
    return ok;
}

static bool rename_all(struct store_change *change, const struct entry_files *files,
                       const char *from, const char *to, struct error *err) {
    bool ok = true;
    for (size_t i = 0; i < files->count && ok; i++) {
        char *name = joined(to, files->items[i].name + strlen(from), err);
        ok = name && store_plan_rename(&change->plan, files->items[i].name, name, err);
        free(name);
    }
    change->plan.is_broken |= !ok;
    return ok;
}

bool store_change_rename_entry(struct store_change *change, const char *from, const char *to,
                               struct error *err) {
    struct entry_files files = {0}, leavings = {0};
    if (!entry_name_check(to, err) || !expect(change, from, true, err) ||
        !expect(change, to, false, err))
        return false;
    bool ok = files_of(change, from, &files, err) && files_of(change, to, &leavings, err);
    sort(&files, compare_side_first);
    ok = ok && remove_all(change, &leavings, NULL, NULL, err) &&
         rename_all(change, &files, from, to, err);
    files_finish(&files);
    files_finish(&leavings);
    return ok;
}

/* "NAME.META" would say something else. */
static bool remove_other_metas(struct store_change *change, const char *entry, const char *but,
                               struct error *err) {
    struct entry_files files = {0};
    bool ok = files_of(change, entry, &files, err);
    for (size_t i = 0; i < files.count && ok; i++)
        if (files.items[i].role == STORE_META && strcmp(files.items[i].name, but) != 0)
            ok = store_plan_remove(&change->plan, files.items[i].name, err);
    files_finish(&files);
    return ok;
}

bool store_change_set_meta(struct store_change *change, const char *entry,
                           const struct entry_meta *meta, struct error *err) {
    if (!expect(change, entry, true, err))
        return false;
    char *file = joined(entry, ".meta", err);
    bool ok =
        file && write_meta(change, file, meta, err) && remove_other_metas(change, entry, file, err);
    change->plan.is_broken |= !ok;
    free(file);
    return ok;
}
