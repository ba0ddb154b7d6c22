#include "certs/store_entry.h"

#include <stdlib.h>
#include <string.h>

/* ---- entries and files ---- */

struct store_entry *store_entry_create(const char *name, size_t length) {
    struct store_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->name = strndup(name, length);
    if (!entry->name) {
        free(entry);
        return NULL;
    }
    return entry;
}

static void file_destroy(struct store_file *file) {
    free(file->path);
    free(file);
}

void store_entry_destroy(struct store_entry *entry) {
    if (!entry)
        return;
    while (entry->files)
        store_entry_drop(entry, entry->files);
    store_problems_destroy(entry->problems);
    cert_release(entry->cert);
    cert_release(entry->gone);
    string_list_finish(&entry->ways);
    free(entry->name);
    free(entry);
}

static bool stands_before(const struct store_file *a, const struct store_file *b) {
    return a->role != b->role ? a->role < b->role : strcmp(a->path, b->path) < 0;
}

struct store_file *store_entry_add(struct store_entry *entry, const char *folder, const char *name,
                                   enum store_role role) {
    struct store_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->path = path_join(folder, name);
    if (!file->path) {
        free(file);
        return NULL;
    }
    file->name = file->path + strlen(file->path) - strlen(name);
    file->role = role;
    struct store_file **place = &entry->files;
    while (*place && stands_before(*place, file))
        place = &(*place)->next;
    file->next = *place;
    *place = file;
    return file;
}

void store_entry_drop(struct store_entry *entry, struct store_file *file) {
    struct store_file **place = &entry->files;
    while (*place != file)
        place = &(*place)->next;
    *place = file->next;
    file_destroy(file);
}

struct store_file *store_entry_find(const struct store_entry *entry, enum store_role role) {
    for (struct store_file *file = entry->files; file; file = file->next)
        if (file->role == role)
            return file;
    return NULL;
}

/* ---- which files count ---- */

static bool is_certificate(const struct store_file *file) {
    /* A folder that cannot be entered may hold one. */
    if (file->role == STORE_FOLDER)
        return file->state == STORE_LOCKED || file->state == STORE_NOWHERE ||
               file->state == STORE_UNREACHED;
    return store_role_is_certificate(file->role);
}

/* The role of the key that goes with a certificate; STORE_PASSED_OVER: it holds its own. */
static enum store_role key_role(enum store_role certificate) {
    switch (certificate) {
    case STORE_PEM:
    case STORE_CRT:
    case STORE_CER:
        return STORE_KEY;
    case STORE_TLS_CRT:
        return STORE_TLS_KEY;
    case STORE_FULLCHAIN:
        return STORE_PRIVKEY;
    default:
        return STORE_PASSED_OVER;
    }
}

static bool is_in_folder(const struct store_file *file) {
    return file->role == STORE_TLS_CRT || file->role == STORE_FULLCHAIN;
}

/* Has it a key, as far as can be known without reading? */
static bool is_complete(const struct store_entry *entry, const struct store_file *certificate) {
    enum store_role key = key_role(certificate->role);
    return certificate->role != STORE_FOLDER &&
           (certificate->role == STORE_PEM || key == STORE_PASSED_OVER ||
            store_entry_find(entry, key));
}

static struct store_file *first_certificate(const struct store_entry *entry) {
    struct store_file *first = NULL;
    for (struct store_file *file = entry->files; file; file = file->next) {
        if (!is_certificate(file))
            continue;
        if (is_complete(entry, file))
            return file;
        if (!first)
            first = file;
    }
    return first;
}

static struct store_file *first_key(const struct store_entry *entry) {
    for (struct store_file *file = entry->files; file; file = file->next)
        if (store_role_is_key(file->role))
            return file;
    return NULL;
}

struct store_sources store_entry_sources(const struct store_entry *entry) {
    struct store_sources sources = {.certificate = first_certificate(entry),
                                    .password = store_entry_find(entry, STORE_PASS),
                                    .staple = store_entry_find(entry, STORE_OCSP)};
    if (!sources.certificate) {
        sources.key = first_key(entry);
        return sources;
    }
    sources.key = store_entry_find(entry, key_role(sources.certificate->role));
    if (!sources.staple && is_in_folder(sources.certificate))
        sources.staple = store_entry_find(entry, STORE_OCSP_DER);
    return sources;
}

/* A key is not worth a word of its own where its certificate has one already. */
static bool has_unused_certificate(const struct store_entry *entry,
                                   const struct store_sources *sources,
                                   const struct store_file *key) {
    for (const struct store_file *file = entry->files; file; file = file->next)
        if (file != sources->certificate && is_certificate(file) &&
            key_role(file->role) == key->role)
            return true;
    return false;
}

static const char *why_no_entry(const struct store_entry *entry, const struct store_file *file) {
    if (file->state == STORE_FILE || file->state == STORE_ODD)
        return "its name fits no form of certificate or key";
    for (enum store_role role = 0; role < STORE_PASSED_OVER; role++)
        if ((role == STORE_TLS_CRT || role == STORE_FULLCHAIN || role == STORE_TLS_KEY ||
             role == STORE_PRIVKEY) &&
            store_entry_find(entry, role))
            return NULL;
    return "it holds neither tls.crt with tls.key nor fullchain.pem with privkey.pem";
}

static bool unused(struct store_unused *out, enum cert_store_event_kind kind,
                   const struct store_file *instead, const char *reason) {
    *out = (struct store_unused){kind, instead, reason};
    return instead || reason;
}

bool store_entry_is_unused(const struct store_entry *entry, const struct store_sources *sources,
                           const struct store_file *file, struct store_unused *out) {
    const struct store_file *certificate = sources->certificate, *key = sources->key;
    bool is_key = store_role_is_key(file->role);
    if (file == certificate || file == key)
        return false;
    if (file->role == STORE_FOLDER && certificate && is_in_folder(certificate))
        return false;
    if (is_certificate(file))
        return unused(out, CERT_STORE_REFUSED, certificate, NULL);
    if (is_key && certificate && !has_unused_certificate(entry, sources, file))
        return unused(out, CERT_STORE_REFUSED, key ? key : certificate, NULL);
    if (file->role == STORE_FOLDER)
        return unused(out, CERT_STORE_IGNORED, NULL, why_no_entry(entry, file));
    if (!certificate && !key && file->role != STORE_META)
        return unused(out, CERT_STORE_IGNORED, NULL, "there is no certificate that it belongs to");
    if (file->role == STORE_OCSP && file != sources->staple)
        return unused(out, CERT_STORE_IGNORED, sources->staple, NULL);
    if (file->role == STORE_PASS && file != sources->password)
        return unused(out, CERT_STORE_IGNORED, sources->password, NULL);
    return false;
}

/* ---- problems ---- */

bool store_problem_add(struct store_problem **list, enum cert_store_event_kind kind,
                       const char *file, const char *reason, char *mend) {
    struct store_problem *problem = calloc(1, sizeof *problem);
    if (!problem) {
        free(mend);
        return false;
    }
    *problem = (struct store_problem){
        .kind = kind, .file = strdup(file), .reason = strdup(reason), .mend = mend};
    if (!problem->file || !problem->reason) {
        store_problems_destroy(problem);
        return false;
    }
    while (*list)
        list = &(*list)->next;
    *list = problem;
    return true;
}

void store_problems_destroy(struct store_problem *list) {
    while (list) {
        struct store_problem *next = list->next;
        free(list->file);
        free(list->reason);
        free(list->mend);
        free(list);
        list = next;
    }
}
