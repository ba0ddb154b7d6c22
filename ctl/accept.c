/* The verb `accept`: the certificate that came for a request, joined with the key that waits. */
#include "certs/waiting.h"
#include "ctl/entry_put.h"
#include "ctl/given_files.h"
#include "ctl/wait.h"
#include "ctl/waiting_folders.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 64, FOLDERS = 2 };

/* The folder among `folders` where a key waits for one of the certificates; -1: none, said in
 * `err`. Gives `key`. */
static int find(const struct cert_gathering *gathering, char *const folders[static FOLDERS],
                struct waiting_key *key, struct error *err) {
    struct error elsewhere = {0};
    for (size_t i = 0; i < cert_gathering_count(gathering); i++)
        for (int at = 0; at < FOLDERS; at++) {
            struct error *why = at == 0 ? err : &elsewhere;
            if (waiting_find(folders[at], cert_gathering_at(gathering, i), key, why))
                return at;
            if (why->kind != ERROR_MISSING) {
                *err = *why;
                return -1;
            }
        }
    return -1;
}

static enum ctl_exit mark_meta(const struct ctl *ctl, struct entry_meta *meta) {
    char *maker = strdup("accept");
    if (!maker)
        return ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
    free(meta->made_by);
    meta->made_by = maker;
    meta->made = ctl->now;
    return CTL_FINE;
}

static enum ctl_exit put(struct ctl *ctl, const struct place *place,
                         struct cert_gathering *gathering, struct waiting_key *key,
                         const char *folder) {
    struct cert_material material = {0};
    struct error err = {0};
    if (!cert_gathering_add_key(gathering, &key->key, &err) ||
        !cert_gathering_join(gathering, &material, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = mark_meta(ctl, &key->meta);
    bool is_put = false;
    if (status == CTL_FINE)
        status = entry_put_then(
            ctl, place,
            &(struct entry_put){.entry = key->name, .material = &material, .meta = &key->meta},
            NULL, &is_put);
    cert_material_finish(&material);
    /* The store has it now; a key that is left behind is harmless, and is found again. */
    if (is_put && !waiting_remove(folder, key->name, &err))
        ctl_warn("warning: %s", err.text);
    return status;
}

static enum ctl_exit join(struct ctl *ctl, const struct place *place,
                          struct cert_gathering *gathering) {
    struct waiting_key key = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FAILED;
    char *folders[FOLDERS] = {waiting_folder(place), waiting_folder_of_store(place)};
    if (!folders[0] || !folders[1]) {
        error_set(&err, ERROR_MEMORY, "out of memory");
        status = ctl_fail(&err);
        goto done;
    }
    int at = find(gathering, folders, &key, &err);
    status = at >= 0 ? put(ctl, place, gathering, &key, folders[at]) : ctl_fail_given(&err);
done:
    waiting_key_finish(&key);
    for (size_t i = 0; i < FOLDERS; i++)
        free(folders[i]);
    return status;
}

static enum ctl_exit check(const struct cert_gathering *gathering) {
    struct error err = {0};
    if (cert_gathering_key_count(gathering) > 0)
        error_set(&err, ERROR_INPUT,
                  "there is a private key among the files: a certificate with its key is for "
                  "\"mailstorectl import\"");
    else if (cert_gathering_count(gathering) == 0)
        error_set(&err, ERROR_INPUT, "there is no certificate among the files");
    else
        return CTL_FINE;
    return ctl_fail(&err);
}

static enum ctl_exit run(struct ctl *ctl) {
    struct cert_gathering *gathering = NULL;
    struct place place = {0};
    enum ctl_exit status = given_files_gather(ctl, false, &gathering);
    if (status == CTL_FINE)
        status = check(gathering);
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
    .arguments = "FILE...",
    .summary = "join the certificate that came for a request with the key that waits",
    .help = "The files hold the certificate, and its chain in any order: PEM, DER or PKCS#7. The\n"
            "key is found among those that \"request\" left waiting.\n",
    .least_arguments = 1,
    .most_arguments = MOST_FILES,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_FILE,
};
