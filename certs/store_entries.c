#include "certs/store_entries.h"

#include <stdlib.h>
#include <string.h>

void store_entries_finish(struct store_entries *entries) {
    for (size_t i = 0; i < entries->count; i++)
        store_entry_destroy(entries->items[i]);
    free(entries->items);
    name_table_finish(&entries->names);
    name_table_finish(&entries->files);
    *entries = (struct store_entries){0};
}

/* ---- order ---- */

static int compare_entries(const void *left, const void *right) {
    const struct store_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static bool add_entry(struct store_entries *entries, struct store_entry *entry) {
    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity ? entries->capacity * 2 : 16;
        struct store_entry **items =
            realloc(entries->items, capacity * sizeof(struct store_entry *));
        if (!items)
            return false;
        entries->items = items;
        entries->capacity = capacity;
    }
    if (!name_table_put(&entries->names, entry->name, entry))
        return false;
    entries->items[entries->count++] = entry;
    return true;
}

/* The first `sorted` are in order. One new entry among thousands costs one move. */
static void sort_added(struct store_entries *entries, size_t sorted) {
    size_t added = entries->count - sorted;
    if (added == 0)
        return;
    struct store_entry **tail = malloc(added * sizeof(struct store_entry *));
    if (!tail) {
        qsort(entries->items, entries->count, sizeof(struct store_entry *), compare_entries);
        return;
    }
    memcpy(tail, entries->items + sorted, added * sizeof(struct store_entry *));
    qsort(tail, added, sizeof(struct store_entry *), compare_entries);
    for (size_t place = entries->count; added > 0;) {
        bool from_tail =
            sorted == 0 || compare_entries(&tail[added - 1], &entries->items[sorted - 1]) > 0;
        entries->items[--place] = from_tail ? tail[--added] : entries->items[--sorted];
    }
    free(tail);
}

/* ---- listing ---- */

struct listing {
    struct store_entries *entries;
    const struct store_view *view;
    bool failed; /* out of memory */
};

static void note_membership(struct store_entry *entry, const struct store_view *view) {
    int64_t changed_ns = store_view_changed(view, view->folder_changed_ns);
    if (changed_ns > entry->changed_ns)
        entry->changed_ns = changed_ns;
    entry->judge_again = true;
}

static struct store_entry *entry_of(struct listing *listing, const char *file, size_t length) {
    struct store_entry *fresh = store_entry_create(file, length);
    if (!fresh)
        return NULL;
    struct store_entry *entry = name_table_get(&listing->entries->names, fresh->name);
    if (!entry && add_entry(listing->entries, fresh))
        return fresh;
    store_entry_destroy(fresh);
    return entry;
}

static bool visit(void *context, const char *name) {
    struct listing *listing = context;
    struct store_file *file = name_table_get(&listing->entries->files, name);
    if (file) {
        file->listed = listing->view->scan;
        return true;
    }
    struct store_name meaning = store_name_read(name);
    if (meaning.role == STORE_PASSED_OVER)
        return true;
    struct store_entry *entry = entry_of(listing, name, meaning.entry_length);
    if (entry)
        file = store_entry_add(entry, listing->view->folder, name, meaning.role);
    if (!file || !name_table_put(&listing->entries->files, file->name, file)) {
        if (file)
            store_entry_drop(entry, file);
        listing->failed = true;
        return false;
    }
    file->listed = listing->view->scan;
    note_membership(entry, listing->view);
    return true;
}

/* What stands inside an entry's own folder is not in this table, and leaves with the folder. */
static void drop_file(struct store_entries *entries, struct store_entry *entry,
                      struct store_file *file) {
    name_table_remove(&entries->files, file->name);
    if (file->role == STORE_FOLDER)
        store_look_drop_inside(entry);
    store_entry_drop(entry, file);
}

static struct store_file *gone_from(const struct store_entry *entry,
                                    const struct store_view *view) {
    for (struct store_file *file = entry->files; file; file = file->next)
        if (!store_role_is_inside(file->role) && file->listed != view->scan &&
            store_look_is_gone(file))
            return file;
    return NULL;
}

static void drop_gone(struct store_entries *entries, const struct store_view *view) {
    for (size_t i = 0; i < entries->count; i++) {
        struct store_entry *entry = entries->items[i];
        struct store_file *file;
        while ((file = gone_from(entry, view))) {
            drop_file(entries, entry, file);
            note_membership(entry, view);
        }
    }
}

bool store_entries_list(struct store_entries *entries, const struct store_view *view,
                        struct error *err) {
    struct listing listing = {entries, view, false};
    size_t sorted = entries->count;
    bool ok = folder_list(view->folder, visit, &listing, err);
    sort_added(entries, sorted);
    if (ok && listing.failed) {
        error_set(err, ERROR_MEMORY, "out of memory");
        ok = false;
    }
    if (ok)
        drop_gone(entries, view);
    return ok;
}

void store_entries_forget_files(struct store_entries *entries) {
    name_table_finish(&entries->files);
    for (size_t i = 0; i < entries->count; i++) {
        struct store_entry *entry = entries->items[i];
        while (entry->files)
            store_entry_drop(entry, entry->files);
        entry->judge_again = true;
    }
}

bool store_entries_sweep(struct store_entries *entries) {
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        struct store_entry *entry = entries->items[i];
        if (entry->files || entry->cert || entry->has_news) {
            entries->items[kept++] = entry;
            continue;
        }
        name_table_remove(&entries->names, entry->name);
        store_entry_destroy(entry);
    }
    bool dropped = kept != entries->count;
    entries->count = kept;
    return dropped;
}
