/* The verb `accept`: the certificate that came for a request, joined with the key that waits. */
#include "certs/waiting.h"
#include "ctl/command_line.h"
#include "ctl/entry_put.h"
#include "ctl/given_files.h"
#include "ctl/inventory.h"
#include "ctl/wait.h"
#include "ctl/waiting_folders.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 64, FOLDERS = 2 };

/* A key for one of the certificates, and what its entry is and remembers. */
struct found {
    struct waiting_key key;
    const char *folder; /* where it waits, borrowed; NULL: it is the store's already */
};

/* Not found is ERROR_MISSING, for the reason that the first folder gives. */
static bool find_waiting(const struct cert_gathering *gathering,
                         char *const folders[static FOLDERS], struct found *out,
                         struct error *err) {
    struct error elsewhere = {0};
    for (size_t i = 0; i < cert_gathering_count(gathering); i++)
        for (size_t at = 0; at < FOLDERS; at++) {
            struct error *why = at == 0 ? err : &elsewhere;
            if (waiting_find(folders[at], cert_gathering_at(gathering, i), &out->key, why)) {
                out->folder = folders[at];
                return true;
            }
            if (why->kind != ERROR_MISSING) {
                *err = *why;
                return false;
            }
        }
    return false;
}

static bool lend_key(const struct place *place, const struct cert *cert, struct found *out,
                     struct error *err) {
    const struct blob *key = cert_key(cert);
    out->key.name = strdup(cert_name(cert));
    if (!out->key.name || !blob_copy(key->data, key->size, &out->key.key))
        return error_no_memory(err);
    return entry_meta_load(place->store_folder, out->key.name, &out->key.meta, err);
}

/* An entry may have that key already: the certificate was renewed for the same request, or it was
 * accepted without its chain. Where there is none, `err` stays. */
static bool find_in_store(const struct cert_gathering *gathering, const struct place *place,
                          struct found *out, struct error *err) {
    struct cert_store *store = NULL;
    struct error unreadable = {0};
    bool found = false;
    if (!inventory_read(place, &store, &unreadable))
        return false;
    const struct cert_set *set = cert_store_set(store);
    for (size_t i = 0; i < cert_set_count(set) && !found; i++)
        if (cert_gathering_matches(gathering, cert_key(cert_set_at(set, i)))) {
            found = lend_key(place, cert_set_at(set, i), out, err);
            break;
        }
    cert_store_destroy(store);
    return found;
}

static enum ctl_exit mark_meta(const struct ctl *ctl, struct entry_meta *meta) {
    char *maker = strdup("accept");
    if (!maker)
        return ctl_no_memory();
    free(meta->made_by);
    meta->made_by = maker;
    meta->made = ctl->now;
    return CTL_FINE;
}

/* What the authority made of the request may be something else than was asked for. */
static bool warn(const struct cert_material *material, int64_t now, struct string_list *warnings,
                 struct error *err) {
    struct cert_info info = {0};
    if (!cert_info_read(&material->chain[0], &info, err))
        return false;
    bool ok = entry_put_warn(&info, now, warnings) || error_no_memory(err);
    cert_info_finish(&info);
    return ok;
}

static enum ctl_exit put(struct ctl *ctl, const struct place *place,
                         struct cert_gathering *gathering, struct found *found) {
    struct cert_material material = {0};
    struct string_list warnings = {0};
    struct error err = {0};
    if (!cert_gathering_add_key(gathering, &found->key.key, &err) ||
        !cert_gathering_join(gathering, &material, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = mark_meta(ctl, &found->key.meta);
    bool is_put = false;
    if (status == CTL_FINE && !warn(&material, ctl->now, &warnings, &err))
        status = ctl_fail_given(&err);
    if (status == CTL_FINE)
        status = entry_put_then(ctl, place,
                                &(struct entry_put){.entry = found->key.name,
                                                    .material = &material,
                                                    .meta = &found->key.meta,
                                                    .warnings = &warnings},
                                NULL, &is_put);
    string_list_finish(&warnings);
    cert_material_finish(&material);
    /* The store has it now; a key that is left behind is harmless, and is found again. */
    if (is_put && found->folder && !waiting_remove(found->folder, found->key.name, &err))
        ctl_warn("warning: %s", err.text);
    return status;
}

static enum ctl_exit join(struct ctl *ctl, const struct place *place,
                          struct cert_gathering *gathering) {
    struct found found = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FAILED;
    char *folders[FOLDERS] = {waiting_folder(place), waiting_folder_of_store(place)};
    if (!folders[0] || !folders[1])
        error_no_memory(&err);
    if (folders[0] && folders[1] &&
        (find_waiting(gathering, folders, &found, &err) ||
         (err.kind == ERROR_MISSING && find_in_store(gathering, place, &found, &err))))
        status = put(ctl, place, gathering, &found);
    else
        status = ctl_fail_given(&err);
    waiting_key_finish(&found.key);
    for (size_t i = 0; i < FOLDERS; i++)
        free(folders[i]);
    return status;
}

static enum ctl_exit check(const struct ctl *ctl, const struct cert_gathering *gathering) {
    struct error err = {0};
    struct buffer line = {0};
    if (cert_gathering_key_count(gathering) > 0)
        error_set(&err, ERROR_INPUT,
                  "there is a private key among the files: a certificate with its key is for "
                  "\"%s\"",
                  command_line_text(ctl, "import", NULL, &line));
    else if (cert_gathering_count(gathering) == 0)
        error_set(&err, ERROR_INPUT, "there is no certificate among the files");
    else
        return CTL_FINE;
    buffer_finish(&line);
    return ctl_fail(&err);
}

static enum ctl_exit run(struct ctl *ctl) {
    struct cert_gathering *gathering = NULL;
    struct place place = {0};
    enum ctl_exit status = given_files_gather(ctl, false, &gathering);
    if (status == CTL_FINE)
        status = check(ctl, gathering);
    if (status == CTL_FINE)
        status = place_find(ctl, &place);
    if (status == CTL_FINE)
        status = join(ctl, &place, gathering);
    place_finish(&place);
    cert_gathering_destroy(gathering);
    return status;
}

static const struct ctl_option options[] = {
    FORCE_OPTION,
    WAIT_OPTION,
    {0},
};

const struct ctl_verb verb_accept = {
    .name = "accept",
    .arguments = "FILE…",
    .summary = "join the certificate that came for a request with the key that waits",
    .help =
        "The files hold the certificate, and its chain in any order: PEM, DER or PKCS#7. The\n"
        "key is found among those that \"request\" left waiting, or among the entries of the store:\n"
        "for a certificate that was renewed, or to add its chain, with --force.\n",
    .least_arguments = 1,
    .most_arguments = MOST_FILES,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_FILE,
};
