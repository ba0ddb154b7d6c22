#include "certs/waiting.h"

#include "certs/cert_read.h"
#include "certs/parsed.h"
#include "certs/pem.h"
#include "certs/pem_write.h"
#include "certs/private_key.h"
#include "certs/store_change.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

static const char ending[] = ".pem";
static const char key_label[] = "PRIVATE KEY";
static const char request_label[] = "CERTIFICATE REQUEST";

void waiting_key_finish(struct waiting_key *waiting) {
    free(waiting->name);
    blob_wipe(&waiting->key);
    blob_finish(&waiting->request);
    entry_meta_finish(&waiting->meta);
    *waiting = (struct waiting_key){0};
}

/* "NAME.pem"; NULL: out of memory. */
static char *file_name(const char *name, const char *file_ending) {
    struct buffer text = {0};
    buffer_printf(&text, "%s%s", name, file_ending);
    return buffer_take(&text);
}

/* ---- putting, removing ---- */

static bool put_files(struct store_change *change, const char *name, const struct blob *pem,
                      const struct blob *meta, struct error *err) {
    char *pem_name = file_name(name, ending), *meta_name = file_name(name, ".meta");
    bool ok = (pem_name && meta_name) || error_no_memory(err);
    ok = ok && store_change_write(change, pem_name, pem->data, pem->size, 0600, err) &&
         store_change_write(change, meta_name, meta->data, meta->size, 0600, err);
    free(pem_name);
    free(meta_name);
    return ok;
}

static bool write_text(const struct waiting_key *waiting, struct blob *out, struct error *err) {
    struct blob key = {0};
    const struct pem_part parts[] = {{key_label, &key}, {request_label, &waiting->request}};
    bool ok = private_key_to_pkcs8(&waiting->key, &key, err) && pem_write(parts, 2, out, err);
    blob_wipe(&key);
    return ok;
}

static bool change_folder(const char *folder, const struct waiting_key *waiting,
                          const struct blob *pem, const struct blob *meta, bool replace,
                          struct error *err) {
    struct store_change *change = NULL;
    if (!store_change_begin(folder, &change, err))
        return false;
    bool ok = replace || !store_change_has(change, waiting->name);
    if (!ok)
        error_set(err, ERROR_EXISTS,
                  "a key named %s waits for its certificate already: take another name, or replace "
                  "it and the request made with it",
                  waiting->name);
    if (ok && put_files(change, waiting->name, pem, meta, err))
        return store_change_commit(change, err);
    store_change_abandon(change);
    return false;
}

bool waiting_put(const char *folder, const struct waiting_key *waiting, bool replace,
                 struct error *err) {
    struct blob pem = {0}, meta = {0};
    bool ok = entry_name_check(waiting->name, err) && write_text(waiting, &pem, err) &&
              entry_meta_write(&waiting->meta, &meta, err) &&
              change_folder(folder, waiting, &pem, &meta, replace, err);
    blob_wipe(&pem);
    blob_finish(&meta);
    return ok;
}

bool waiting_remove(const char *folder, const char *name, struct error *err) {
    struct store_change *change = NULL;
    struct file_identity identity;
    /* The folder is not made only to be found empty. */
    bool is_there = file_identify(folder, &identity, NULL);
    if (is_there && !store_change_begin(folder, &change, err))
        return false;
    if (!is_there || !store_change_has(change, name)) {
        store_change_abandon(change);
        error_set(err, ERROR_MISSING, "no key named %s waits for a certificate", name);
        return false;
    }
    if (store_change_remove_entry(change, name, err))
        return store_change_commit(change, err);
    store_change_abandon(change);
    return false;
}

/* ---- reading ---- */

/* Takes the octets of a block that is wanted: the first of each kind. */
static void take_block(struct waiting_key *waiting, struct pem_block *block) {
    struct blob *place = pem_block_is(block, key_label)       ? &waiting->key
                         : pem_block_is(block, request_label) ? &waiting->request
                                                              : NULL;
    if (!place || place->data)
        return;
    *place = block->der;
    block->der = (struct blob){0};
}

static bool read_text(const struct blob *text, struct waiting_key *waiting) {
    struct pem_reader reader = pem_open(text->data, text->size);
    struct pem_block block = {0};
    while (pem_next(&reader, &block, NULL) && block.label) {
        take_block(waiting, &block);
        pem_block_finish(&block);
    }
    return waiting->key.data && waiting->request.data;
}

static bool read_one(const char *folder, const char *name, struct waiting_key *out) {
    struct waiting_key waiting = {.name = strdup(name)};
    struct blob text = {0};
    char *file = file_name(name, ending), *path = file ? path_join(folder, file) : NULL;
    bool ok = waiting.name && path && file_read(path, CERT_FILE_LIMIT, &text, NULL, NULL) &&
              read_text(&text, &waiting);
    /* A key is not lost for what is remembered beside it. */
    if (ok)
        entry_meta_load(folder, name, &waiting.meta, NULL);
    blob_wipe(&text);
    free(path);
    free(file);
    if (ok)
        *out = waiting;
    else
        waiting_key_finish(&waiting);
    return ok;
}

struct names {
    struct string_list list;
    bool failed;
};

static bool note_name(void *context, const char *file) {
    struct names *names = context;
    size_t length = strlen(file), end = sizeof ending - 1;
    if (file[0] == '.' || length <= end || strcmp(file + length - end, ending) != 0)
        return true;
    char *name = strndup(file, length - end);
    names->failed = !name || !string_list_add(&names->list, name);
    free(name);
    return !names->failed;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those of the folder, sorted; a folder that is not there has none. */
static bool read_names(const char *folder, struct string_list *out, struct error *err) {
    struct names names = {0};
    struct error reason = {0};
    store_change_finish_interrupted(folder);
    bool ok = folder_list(folder, note_name, &names, &reason);
    if (!ok && reason.kind == ERROR_MISSING)
        ok = true;
    else if (!ok)
        error_set(err, reason.kind, "%s", reason.text);
    else if (names.failed)
        ok = error_no_memory(err);
    if (!ok) {
        string_list_finish(&names.list);
        return false;
    }
    if (names.list.count > 0)
        qsort(names.list.items, names.list.count, sizeof *names.list.items, compare_names);
    *out = names.list;
    return true;
}

bool waiting_list(const char *folder, void (*visit)(void *context, const struct waiting_key *key),
                  void *context, struct error *err) {
    struct string_list names = {0};
    if (!read_names(folder, &names, err))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        struct waiting_key waiting = {0};
        if (!read_one(folder, names.items[i], &waiting))
            continue;
        visit(context, &waiting);
        waiting_key_finish(&waiting);
    }
    string_list_finish(&names);
    return true;
}

/* ---- finding ---- */

static bool has_key_id(const struct blob *key, const unsigned char wanted[static KEY_ID_SIZE]) {
    gnutls_x509_privkey_t parsed = NULL;
    unsigned char have[KEY_ID_SIZE];
    if (!private_key_parse(key, &parsed, NULL))
        return false;
    bool ok = private_key_id(parsed, have) && memcmp(have, wanted, KEY_ID_SIZE) == 0;
    gnutls_x509_privkey_deinit(parsed);
    return ok;
}

static void explain_missing(const struct cert_info *info, size_t others, struct error *err) {
    if (others == 0)
        error_set(err, ERROR_MISSING,
                  "no key waits for a certificate, so none for the one of %s: import it together "
                  "with its key",
                  info->subject);
    else
        error_set(err, ERROR_MISSING,
                  "no key waits for the certificate of %s, %zu %s for %s: it was issued for "
                  "another request, or belongs to another host",
                  info->subject, others, others == 1 ? "waits" : "wait",
                  others == 1 ? "another" : "others");
}

/* Reads the certificate's key as an identifier, and what it says of itself. */
static bool read_certificate(const struct blob *der, unsigned char id[static KEY_ID_SIZE],
                             struct cert_info *info, struct error *err) {
    gnutls_x509_crt_t certificate = NULL;
    if (!certificate_parse(der, &certificate, err))
        return false;
    bool ok = certificate_key_id(certificate, id);
    if (!ok)
        error_set(err, ERROR_INPUT, "the certificate's key is of a kind that cannot be read");
    ok = ok && cert_info_from(certificate, der, info, err);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

bool waiting_find(const char *folder, const struct blob *certificate, struct waiting_key *out,
                  struct error *err) {
    unsigned char id[KEY_ID_SIZE];
    struct cert_info info = {0};
    struct string_list names = {0};
    size_t others = 0;
    bool found = false;
    if (!read_certificate(certificate, id, &info, err))
        return false;
    bool ok = read_names(folder, &names, err);
    for (size_t i = 0; i < names.count && !found; i++) {
        struct waiting_key waiting = {0};
        if (!read_one(folder, names.items[i], &waiting))
            continue;
        found = has_key_id(&waiting.key, id);
        if (found)
            *out = waiting;
        else
            waiting_key_finish(&waiting);
        others++;
    }
    if (ok && !found)
        explain_missing(&info, others, err);
    string_list_finish(&names);
    cert_info_finish(&info);
    return found;
}
