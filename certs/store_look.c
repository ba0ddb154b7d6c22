#include "certs/store_look.h"

#include <stdlib.h>
#include <string.h>

/* A file may be written twice within one step of its file system's clock: with the same size, the
 * second time leaves no trace. Steps are 2 s on FAT, 1 s on ext3 and some file servers, and up to
 * 10 ms elsewhere. What was read later than a step after the last change is certain. */
#define CLOCK_STEP_NS (2 * INT64_C(1000000000))
#define SECOND_NS INT64_C(1000000000)

int64_t store_view_changed(const struct store_view *view, int64_t changed_ns) {
    int64_t latest = view->now_ns + SECOND_NS;
    return changed_ns < latest ? changed_ns : latest;
}

static void note_change(struct store_entry *entry, int64_t changed_ns) {
    if (changed_ns > entry->changed_ns)
        entry->changed_ns = changed_ns;
}

void store_look_doubt(struct store_file *file, const struct store_view *view) {
    file->doubt_until_ns = store_view_changed(view, file->identity.changed_ns) + CLOCK_STEP_NS;
}

static enum store_state state_of(const char *path, struct file_identity *identity) {
    struct error err;
    if (!file_identify(path, identity, &err)) {
        *identity = (struct file_identity){0};
        return err.kind == ERROR_MISSING ? STORE_NOWHERE : STORE_UNREACHED;
    }
    if (identity->is_regular)
        return STORE_FILE;
    return identity->is_folder ? STORE_DIRECTORY : STORE_ODD;
}

/* True if it changed. */
static bool look_at(struct store_entry *entry, struct store_file *file,
                    const struct store_view *view) {
    struct file_identity identity;
    enum store_state state = state_of(file->path, &identity);
    bool was_folder = file->state == STORE_LOCKED || file->state == STORE_DIRECTORY;
    bool is_same = file->state == state || (was_folder && state == STORE_DIRECTORY);
    if (is_same && file_identity_equal(&file->identity, &identity))
        return false;
    bool is_known = file->state != STORE_UNSEEN;
    bool has_times = state != STORE_NOWHERE && state != STORE_UNREACHED;
    file->state = state;
    file->identity = identity;
    file->doubt_until_ns = 0;
    if (has_times) {
        store_look_doubt(file, view);
        note_change(entry, store_view_changed(view, identity.changed_ns));
    } else if (is_known) {
        /* What it led to went away: nothing says when. */
        note_change(entry, view->now_ns + SECOND_NS);
    }
    return true;
}

/* ---- an entry's own folder ---- */

struct listing {
    struct store_entry *entry;
    const struct store_file *folder;
    uint64_t scan;
    bool failed;
};

static bool visit(void *context, const char *name) {
    struct listing *listing = context;
    enum store_role role = store_name_in_folder(name);
    if (role == STORE_PASSED_OVER)
        return true;
    struct store_file *file = store_entry_find(listing->entry, role);
    if (!file)
        file = store_entry_add(listing->entry, listing->folder->path, name, role);
    if (file)
        file->listed = listing->scan;
    else
        listing->failed = true;
    return file != NULL;
}

bool store_look_is_gone(const struct store_file *file) {
    struct file_identity identity;
    struct error err;
    return !file_identify(file->path, &identity, &err) && err.kind == ERROR_MISSING;
}

/* Drops what is inside and was not listed. */
static void drop_gone(struct store_entry *entry, uint64_t scan) {
    for (struct store_file *file = entry->files, *next; file; file = next) {
        next = file->next;
        if (store_role_is_inside(file->role) && file->listed != scan && store_look_is_gone(file))
            store_entry_drop(entry, file);
    }
}

void store_look_drop_inside(struct store_entry *entry) {
    for (struct store_file *file = entry->files, *next; file; file = next) {
        next = file->next;
        if (store_role_is_inside(file->role))
            store_entry_drop(entry, file);
    }
}

static void list_folder(struct store_entry *entry, struct store_file *folder,
                        const struct store_view *view) {
    struct listing listing = {entry, folder, view->scan, false};
    struct error err;
    folder->state = STORE_DIRECTORY;
    if (!folder_list(folder->path, visit, &listing, &err))
        folder->state = STORE_LOCKED;
    else if (listing.failed)
        folder->identity = (struct file_identity){0}; /* so that the next scan lists it again */
    else
        drop_gone(entry, view->scan);
}

/* True if it changed. While a link leads nowhere, what was inside is not forgotten. */
static bool look_into(struct store_entry *entry, struct store_file *folder,
                      const struct store_view *view) {
    bool changed = look_at(entry, folder, view);
    if (folder->state == STORE_FILE || folder->state == STORE_ODD)
        store_look_drop_inside(entry);
    if (folder->state != STORE_DIRECTORY && folder->state != STORE_LOCKED)
        return changed;
    if (changed || folder->doubt_until_ns || folder->state == STORE_LOCKED)
        list_folder(entry, folder, view);
    return changed;
}

bool store_look(struct store_entry *entry, const struct store_view *view) {
    bool changed = entry->judge_again;
    entry->changed_ns = store_view_changed(view, entry->changed_ns); /* our clock was set back */
    struct store_file *folder = store_entry_find(entry, STORE_FOLDER);
    if (folder)
        changed |= look_into(entry, folder, view);
    for (struct store_file *file = entry->files; file; file = file->next) {
        if (file != folder)
            changed |= look_at(entry, file, view);
        changed |= file->doubt_until_ns != 0;
    }
    return changed;
}

int64_t store_look_settle_doubts(struct store_entry *entry, const struct store_view *view) {
    int64_t next = 0, latest = view->now_ns + SECOND_NS + CLOCK_STEP_NS;
    for (struct store_file *file = entry->files; file; file = file->next) {
        if (file->doubt_until_ns > latest)
            file->doubt_until_ns = latest; /* our clock was set back */
        if (file->doubt_until_ns <= view->now_ns)
            file->doubt_until_ns = 0;
        else if (next == 0 || file->doubt_until_ns < next)
            next = file->doubt_until_ns;
    }
    return next;
}

/* ---- ways ---- */

bool store_ways_equal(const struct string_list *a, const struct string_list *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

struct walk {
    const struct string_list *known;
    struct string_list found;
    bool failed;
};

static void note_way(void *context, const char *folder) {
    struct walk *walk = context;
    if (!string_list_has(walk->known, folder) && !string_list_has(&walk->found, folder) &&
        !string_list_add(&walk->found, folder))
        walk->failed = true;
}

static void walk_to(struct walk *walk, const struct store_file *file) {
    if (file->role != STORE_FOLDER || file->state == STORE_FILE || file->state == STORE_ODD) {
        file_trail(file->path, note_way, walk);
        return;
    }
    /* The way to anything inside leads through the folder itself. */
    char *inside = path_join(file->path, "tls.crt");
    if (inside)
        file_trail(inside, note_way, walk);
    else
        walk->failed = true;
    free(inside);
}

bool store_look_find_ways(struct store_entry *entry, const struct store_view *view) {
    struct walk walk = {.known = view->folder_ways};
    for (const struct store_file *file = entry->files; file; file = file->next)
        walk_to(&walk, file);
    if (walk.failed || store_ways_equal(&walk.found, &entry->ways)) {
        string_list_finish(&walk.found);
        return false;
    }
    string_list_finish(&entry->ways);
    entry->ways = walk.found;
    return true;
}
