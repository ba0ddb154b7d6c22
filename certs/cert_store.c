#include "certs/cert_store.h"

#include "certs/store_change.h"
#include "certs/store_entries.h"
#include "certs/store_journal.h"
#include "certs/store_take.h"
#include "certs/store_words.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define MS_NS INT64_C(1000000)

struct refusal {
    const struct store_entry *entry;
    const struct store_problem *problem;
};

struct cert_store {
    char *folder; /* absolute */
    bool accept_public_keys;
    uint64_t scan;
    bool is_unreadable; /* and it was reported */
    struct store_entries entries;
    struct cert_set *set;
    bool is_set_stale; /* it could not be built anew */
    struct string_list folders;
    struct string_list own_ways; /* to the store folder itself */
    struct refusal *refusals;
    size_t refusal_count;
};

/* ---- folders ---- */

struct walk {
    struct string_list found;
    bool failed;
};

static void note_way(void *context, const char *folder) {
    struct walk *walk = context;
    if (!string_list_add(&walk->found, folder))
        walk->failed = true;
}

static int compare_texts(const void *left, const void *right) {
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static void sort_unique(struct string_list *list) {
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(char *), compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* To the folder itself, and its parent, where it may come back. True if they changed. */
static bool find_own_ways(struct cert_store *store) {
    struct walk walk = {0};
    char *inside = path_join(store->folder, "x");
    walk.failed = !inside || !string_list_add(&walk.found, store->folder);
    file_trail(store->folder, note_way, &walk);
    if (inside)
        file_trail(inside, note_way, &walk);
    free(inside);
    sort_unique(&walk.found);
    if (walk.failed || store_ways_equal(&walk.found, &store->own_ways)) {
        string_list_finish(&walk.found);
        return false;
    }
    string_list_finish(&store->own_ways);
    store->own_ways = walk.found;
    return true;
}

/* Out of memory leaves the folders as they were: the slow poll is behind the watch. */
static void list_folders(struct cert_store *store) {
    struct walk walk = {0};
    for (size_t i = 0; i < store->own_ways.count; i++)
        note_way(&walk, store->own_ways.items[i]);
    for (size_t i = 0; i < store->entries.count; i++) {
        const struct string_list *ways = &store->entries.items[i]->ways;
        for (size_t j = 0; j < ways->count; j++)
            note_way(&walk, ways->items[j]);
    }
    if (walk.failed) {
        string_list_finish(&walk.found);
        return;
    }
    sort_unique(&walk.found);
    string_list_finish(&store->folders);
    store->folders = walk.found;
}

const struct string_list *cert_store_folders(const struct cert_store *store) {
    return &store->folders;
}

/* ---- life ---- */

/* Absolute and without a slash at its end; NULL: out of memory. */
static char *folder_path(const char *folder) {
    char *path = path_absolute(folder);
    for (size_t length = path ? strlen(path) : 0; length > 1 && path[length - 1] == '/'; length--)
        path[length - 1] = '\0';
    return path;
}

bool cert_store_create(const struct cert_store_options *options, struct cert_store **out,
                       struct error *err) {
    struct cert_store *store = calloc(1, sizeof *store);
    if (store)
        store->folder = folder_path(options->folder);
    if (!store || !store->folder) {
        cert_store_destroy(store);
        error_set(err, ERROR_MEMORY, "store: out of memory");
        return false;
    }
    store->accept_public_keys = options->accept_public_keys;
    if (!cert_set_create(NULL, 0, &store->set, err)) {
        cert_store_destroy(store);
        return false;
    }
    find_own_ways(store);
    list_folders(store);
    *out = store;
    return true;
}

void cert_store_destroy(struct cert_store *store) {
    if (!store)
        return;
    store_entries_finish(&store->entries);
    cert_set_release(store->set);
    string_list_finish(&store->folders);
    string_list_finish(&store->own_ways);
    free(store->refusals);
    free(store->folder);
    free(store);
}

void cert_store_set_options(struct cert_store *store, const struct cert_store_options *options) {
    char *folder = folder_path(options->folder);
    if (folder && strcmp(folder, store->folder) != 0) {
        char *last = store->folder;
        store->folder = folder;
        folder = last;
        store_entries_forget_files(&store->entries);
        store->is_unreadable = false;
    }
    free(folder);
    store->accept_public_keys = options->accept_public_keys;
    for (size_t i = 0; i < store->entries.count; i++)
        store->entries.items[i]->judge_again = true;
}

const struct cert_set *cert_store_set(const struct cert_store *store) {
    return store->set;
}

/* ---- a scan ---- */

struct scan {
    struct cert_store *store;
    struct store_view view;
    int64_t now;
    void (*report)(void *context, const struct cert_store_event *event);
    void *context;
    int64_t wake_ns; /* 0: no need */
    bool set_changed, ways_changed;
};

static void wake_at(struct scan *scan, int64_t at_ns) {
    if (at_ns != 0 && (scan->wake_ns == 0 || at_ns < scan->wake_ns))
        scan->wake_ns = at_ns;
}

static void look_at(struct scan *scan, struct store_entry *entry) {
    bool staple_ended =
        !entry->is_refused && entry->staple_until != 0 && scan->now >= entry->staple_until;
    if (!store_look(entry, &scan->view) && !staple_ended)
        return;
    struct store_verdict verdict;
    store_judge(entry, &scan->view, scan->now, &verdict);
    scan->set_changed |= store_take(entry, &verdict, &scan->view);
    store_verdict_finish(&verdict);
    scan->ways_changed |= store_look_find_ways(entry, &scan->view);
    wake_at(scan, store_look_settle_doubts(entry, &scan->view));
}

static bool build_set(struct cert_store *store) {
    size_t count = 0;
    struct cert_set *set = NULL;
    store->is_set_stale = true;
    struct cert **certs = calloc(store->entries.count + 1, sizeof(struct cert *));
    if (!certs)
        return false;
    for (size_t i = 0; i < store->entries.count; i++)
        if (store->entries.items[i]->cert)
            certs[count++] = store->entries.items[i]->cert;
    bool ok = cert_set_create(certs, count, &set, NULL);
    free(certs);
    if (!ok)
        return false;
    cert_set_release(store->set);
    store->set = set;
    store->is_set_stale = false;
    return true;
}

static void report_problem(struct scan *scan, const struct store_entry *entry,
                           const struct store_problem *problem) {
    struct cert_store_event event = {.kind = problem->kind,
                                     .entry = entry->name,
                                     .file = problem->file,
                                     .reason = problem->reason,
                                     .mend = problem->mend,
                                     .kept = store_is_refusal(problem) && entry->cert};
    scan->report(scan->context, &event);
}

static void report_news(struct scan *scan, struct store_entry *entry) {
    const struct cert *cert = entry->news == CERT_STORE_REMOVED ? entry->gone : entry->cert;
    struct store_sources sources = store_entry_sources(entry);
    const char *file = sources.certificate ? sources.certificate->path : scan->store->folder;
    struct cert_store_event event = {.kind = entry->news,
                                     .entry = entry->name,
                                     .file = file,
                                     .cert = entry->news == CERT_STORE_MENDED ? NULL : cert};
    scan->report(scan->context, &event);
    entry->has_news = false;
    cert_release(entry->gone);
    entry->gone = NULL;
}

/* A staple is judged again when it is over. One that lasts longer than a day is looked after by
 * the next scan, or by one a day later. */
static void wake_for_staple(struct scan *scan, const struct store_entry *entry) {
    enum { DAY_S = 24 * 3600 };
    int64_t in_s = entry->staple_until - scan->now;
    if (!entry->is_refused && in_s > 0)
        wake_at(scan, (scan->now + (in_s < DAY_S ? in_s : DAY_S)) * SECOND_NS);
}

/* Tells what is clear by now. */
static void report_entry(struct scan *scan, struct store_entry *entry) {
    bool settled = store_is_settled(entry, &scan->view), waits = entry->is_waiting;
    if (entry->has_news)
        report_news(scan, entry);
    for (struct store_problem *problem = entry->problems; problem; problem = problem->next) {
        if (problem->reported)
            continue;
        waits = true;
        if (!settled)
            break;
        report_problem(scan, entry, problem);
        problem->reported = true;
        entry->is_blamed |= store_is_refusal(problem);
    }
    if (waits && !settled)
        wake_at(scan, entry->changed_ns + CERT_STORE_SETTLE_MS * MS_NS);
}

/* Out of memory leaves none: the next scan finds them again. */
static void list_refusals(struct cert_store *store) {
    size_t count = 0;
    for (size_t i = 0; i < store->entries.count; i++)
        for (struct store_problem *p = store->entries.items[i]->problems; p; p = p->next)
            count += p->reported && store_is_refusal(p);
    free(store->refusals);
    store->refusal_count = 0;
    store->refusals = count ? calloc(count, sizeof *store->refusals) : NULL;
    if (!store->refusals)
        return;
    for (size_t i = 0; i < store->entries.count; i++)
        for (struct store_problem *p = store->entries.items[i]->problems; p; p = p->next)
            if (p->reported && store_is_refusal(p))
                store->refusals[store->refusal_count++] =
                    (struct refusal){store->entries.items[i], p};
}

static void report_folder(struct scan *scan, enum cert_store_event_kind kind,
                          const struct error *err) {
    const char *folder = scan->store->folder;
    struct cert_store_event event = {
        .kind = kind, .file = folder, .reason = err ? store_words_after(err->text, folder) : NULL};
    scan->report(scan->context, &event);
}

/* False: the folder cannot be read, which is reported once. */
static bool list_entries(struct scan *scan) {
    struct cert_store *store = scan->store;
    struct file_identity identity;
    struct error err = {0};
    char *inside = path_join(store->folder, "."); /* asks for the right to enter it, too */
    bool ok = inside && file_identify(inside, &identity, &err);
    if (!inside)
        error_set(&err, ERROR_MEMORY, "out of memory");
    free(inside);
    if (ok) {
        scan->view.folder_changed_ns = identity.changed_ns;
        ok = store_entries_list(&store->entries, &scan->view, &err);
    }
    if (!ok && !store->is_unreadable)
        report_folder(scan, CERT_STORE_UNREADABLE, &err);
    if (ok && store->is_unreadable)
        report_folder(scan, CERT_STORE_READABLE, NULL);
    store->is_unreadable = !ok;
    return ok;
}

static void look_at_all(struct scan *scan) {
    struct cert_store *store = scan->store;
    for (size_t i = 0; i < store->entries.count; i++)
        look_at(scan, store->entries.items[i]);
    if (scan->set_changed || store->is_set_stale)
        scan->set_changed = build_set(store);
    if (store->is_set_stale)
        wake_at(scan, scan->view.now_ns + SECOND_NS);
    /* Nothing is said to be served before it is. */
    for (size_t i = 0; i < store->entries.count && !store->is_set_stale; i++) {
        report_entry(scan, store->entries.items[i]);
        wake_for_staple(scan, store->entries.items[i]);
    }
    scan->ways_changed |= store_entries_sweep(&store->entries);
    list_refusals(store);
}

bool cert_store_scan(struct cert_store *store, int64_t now,
                     void (*report)(void *context, const struct cert_store_event *event),
                     void *context, int64_t *again_in_ms) {
    return cert_store_scan_at(store, now * SECOND_NS, report, context, again_in_ms);
}

bool cert_store_scan_at(struct cert_store *store, int64_t now_ns,
                        void (*report)(void *context, const struct cert_store_event *event),
                        void *context, int64_t *again_in_ms) {
    struct scan scan = {.store = store,
                        .view = {.scan = ++store->scan,
                                 .now_ns = now_ns,
                                 .folder = store->folder,
                                 .folder_ways = &store->own_ways,
                                 .accept_public_keys = store->accept_public_keys},
                        .now = now_ns / SECOND_NS,
                        .report = report,
                        .context = context};
    scan.ways_changed = find_own_ways(store);
    /* Where that cannot be done, or somebody is at work, the folder is read as it is. */
    if (store_journal_is_there(store->folder))
        store_change_finish_interrupted(store->folder);
    if (list_entries(&scan))
        look_at_all(&scan);
    if (scan.ways_changed)
        list_folders(store);
    *again_in_ms = -1;
    if (scan.wake_ns != 0) {
        int64_t in_ms = (scan.wake_ns - scan.view.now_ns + MS_NS - 1) / MS_NS;
        *again_in_ms = in_ms > 0 ? in_ms : 1;
    }
    return scan.set_changed;
}

/* ---- refusals ---- */

size_t cert_store_refusal_count(const struct cert_store *store) {
    return store->refusal_count;
}

struct cert_store_refusal cert_store_refusal_at(const struct cert_store *store, size_t i) {
    const struct store_entry *entry = store->refusals[i].entry;
    const struct store_problem *problem = store->refusals[i].problem;
    return (struct cert_store_refusal){.entry = entry->name,
                                       .file = problem->file,
                                       .reason = problem->reason,
                                       .mend = problem->mend,
                                       .kept = entry->cert != NULL,
                                       .staple = problem->kind == CERT_STORE_STAPLE_REFUSED};
}
