/* The verb `authority renew`: the local authority's certificate anew, or some that it issued. */
#include "certs/store_change.h"
#include "ctl/answer.h"
#include "ctl/authority_kept.h"
#include "ctl/command_line.h"
#include "ctl/entry_file.h"
#include "ctl/text.h"
#include "ctl/wait.h"
#include "report/report.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the authority ---- */

static void print_authority(const json_t *answer, int64_t now, struct buffer *out) {
    buffer_append_text(out, "the local authority has a new certificate, for the same key\n");
    authority_kept_print(answer, now, out);
    buffer_append_text(out,
                       "\nWhat it issued stays good. Clients must be given the new one before the "
                       "old one ends;\nthis writes the file for that:\n  ");
    const char *next = answer_text(answer, "next");
    buffer_append_text(out, next ? next : "");
    buffer_append_text(out, " > authority.pem\n");
}

static json_t *next_command(const struct ctl *ctl) {
    struct buffer line = {0};
    command_line_append(ctl, "authority show --pem", NULL, &line);
    json_t *text = report_text(line.data);
    buffer_finish(&line);
    return text;
}

static bool renew_kept(const struct ctl *ctl, const struct place *place,
                       const struct cert_material *authority, const struct blob *passphrase,
                       json_t **out, struct error *err) {
    struct cert_info before = {0};
    struct cert_material renewed = {0};
    if (!cert_info_read(&authority->chain[0], &before, err))
        return false;
    int64_t life = before.not_after - before.not_before;
    json_t *answer = NULL;
    bool ok = authority_renew(authority, ctl->now, ctl->now + life, &renewed, err) &&
              authority_kept_write(place, &renewed, passphrase, err);
    if (ok)
        answer = authority_kept_report(place, &renewed.chain[0], passphrase->size > 0, err);
    if (answer &&
        (json_object_set_new(answer, "previous",
                             report_fingerprint(before.fingerprint, CERT_FINGERPRINT_SIZE)) != 0 ||
         json_object_set_new(answer, "next", next_command(ctl)) != 0)) {
        json_decref(answer);
        answer = NULL;
        error_no_memory(err);
    }
    cert_info_finish(&before);
    cert_material_finish(&renewed);
    *out = answer;
    return answer != NULL;
}

static enum ctl_exit renew_authority(struct ctl *ctl, const struct place *place,
                                     const struct cert_material *authority,
                                     const struct blob *passphrase) {
    struct error err = {0};
    json_t *answer = NULL;
    if (!renew_kept(ctl, place, authority, passphrase, &answer, &err))
        return ctl_fail_given(&err);
    wait_tell(place);
    return ctl_answer(ctl, answer, print_authority, CTL_FINE);
}

/* ---- what it issued ---- */

/* One entry to be renewed. */
struct leaf {
    const char *name; /* borrowed */
    struct entry_file old;
    struct cert_material made;
};

static void leaf_finish(struct leaf *leaf) {
    entry_file_finish(&leaf->old);
    cert_material_finish(&leaf->made);
}

static bool is_issued_by(const struct blob *der, const struct blob *issuer_der) {
    const gnutls_datum_t texts[2] = {{der->data, (unsigned)der->size},
                                     {issuer_der->data, (unsigned)issuer_der->size}};
    gnutls_x509_crt_t certificates[2] = {NULL, NULL};
    bool ok = true;
    for (size_t i = 0; ok && i < 2; i++)
        ok = gnutls_x509_crt_init(&certificates[i]) == 0 &&
             gnutls_x509_crt_import(certificates[i], &texts[i], GNUTLS_X509_FMT_DER) == 0;
    ok = ok && gnutls_x509_crt_check_issuer(certificates[0], certificates[1]) != 0;
    for (size_t i = 0; i < 2; i++)
        if (certificates[i])
            gnutls_x509_crt_deinit(certificates[i]);
    return ok;
}

static struct cert_key_choice key_like(const struct cert_info *info) {
    return (struct cert_key_choice){
        info->key_type == CERT_KEY_ECDSA ? CERT_FAMILY_ECDSA : CERT_FAMILY_RSA, info->key_bits};
}

/* The same names, kind of key and length of life. */
static bool make_anew(struct leaf *leaf, const struct cert_material *authority, int64_t now,
                      struct error *err) {
    const struct cert_info *info = cert_info(leaf->old.cert);
    const struct server_wish wish = {
        .common_name = info->common_name,
        .dns_names = &info->dns_names,
        .addresses = &info->addresses,
        .key = key_like(info),
        .not_before = now,
        .not_after = now + (info->not_after - info->not_before),
    };
    if (!is_issued_by(cert_chain(leaf->old.cert, 0), &authority->chain[0])) {
        error_set(err, ERROR_INPUT,
                  "\"%s\" was issued by %s, which is not the local authority as it is now: "
                  "\"authority issue NAME --entry ENTRY --force\" makes one in its place",
                  leaf->name, info->issuer);
        return false;
    }
    if (authority_issue(authority, &wish, &leaf->made, err))
        return true;
    error_prefix(err, "%s", leaf->name);
    return false;
}

static bool prepare(const struct ctl *ctl, const struct place *place,
                    const struct cert_material *authority, struct leaf *leaves, struct error *err) {
    for (size_t i = 0; i < ctl->argument_count; i++) {
        struct leaf *leaf = &leaves[i];
        leaf->name = ctl->arguments[i];
        if (!entry_file_read(place, leaf->name, ctl->now, &leaf->old, err) ||
            !make_anew(leaf, authority, ctl->now, err))
            return false;
        leaf->old.meta.made = ctl->now;
    }
    return true;
}

/* All or none. */
static bool put_all(const struct place *place, const struct leaf *leaves, size_t count,
                    struct error *err) {
    struct store_change *change = NULL;
    if (!store_change_begin(place->store_folder, &change, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!store_change_put(change, leaves[i].name, &leaves[i].made, &leaves[i].old.meta, true,
                              err)) {
            store_change_abandon(change);
            return false;
        }
    return store_change_commit(change, err);
}

static json_t *describe(const struct place *place, const struct leaf *leaf, struct error *err) {
    struct buffer file = {0};
    json_t *certificate = report_certificate(&leaf->made.chain[0], err);
    if (!certificate)
        return NULL;
    buffer_printf(&file, "%s/%s.pem", place->store_folder, leaf->name);
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:O, s:o}", "entry", report_text(leaf->name), "file",
        report_text(file.data), "certificate", certificate, "fingerprint",
        json_object_get(certificate, "fingerprint"), "previous",
        report_fingerprint(cert_info(leaf->old.cert)->fingerprint, CERT_FINGERPRINT_SIZE));
    buffer_finish(&file);
    if (!object)
        error_no_memory(err);
    return object;
}

static void print_leaves(const json_t *answer, int64_t now, struct buffer *out) {
    size_t i = 0;
    const json_t *leaf = NULL;
    json_array_foreach(json_object_get(answer, "renewed"), i, leaf) {
        const json_t *certificate = json_object_get(leaf, "certificate");
        buffer_printf(out, "%srenewed %s\n", i ? "\n" : "", answer_text(leaf, "entry"));
        text_field_names(out, "names", json_object_get(certificate, "dns_names"),
                         json_object_get(certificate, "addresses"));
        text_field_validity(out, "valid", certificate, now);
        text_field(out, "SHA-256", answer_text(leaf, "fingerprint"));
        text_field(out, "file", answer_text(leaf, "file"));
        wait_print(leaf, out);
    }
}

/* What was done is told also where the daemon does not serve it. */
static enum ctl_exit tell(struct ctl *ctl, const struct place *place, const struct leaf *leaves) {
    struct error err = {0};
    enum ctl_exit status = CTL_FINE;
    json_t *answer = json_object(), *list = json_array();
    json_object_set(answer, "renewed", list);
    for (size_t i = 0; i < ctl->argument_count; i++) {
        json_t *leaf = describe(place, &leaves[i], &err);
        if (!leaf) {
            json_decref(list);
            json_decref(answer);
            return ctl_fail(&err);
        }
        json_array_append_new(list, leaf);
        enum ctl_exit one =
            wait_served(ctl, place, leaves[i].name, answer_text(leaf, "fingerprint"), leaf);
        status = status == CTL_FINE ? one : status;
    }
    json_decref(list);
    return ctl_answer(ctl, answer, print_leaves, status);
}

static enum ctl_exit renew_leaves(struct ctl *ctl, const struct place *place,
                                  const struct cert_material *authority) {
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    struct leaf *leaves = calloc(ctl->argument_count, sizeof *leaves);
    enum ctl_exit status = CTL_FAILED;
    if (!leaves || !prepare(ctl, place, authority, leaves, &err) ||
        !put_all(place, leaves, ctl->argument_count, &err))
        status = ctl_fail(&err);
    else
        status = tell(ctl, place, leaves);
    for (size_t i = 0; leaves && i < ctl->argument_count; i++)
        leaf_finish(&leaves[i]);
    free(leaves);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct place place = {0};
    struct cert_material authority = {0};
    struct blob passphrase = {0};
    struct error err = {0};
    if (ctl->argument_count == 0 && ctl_has(ctl, "--wait"))
        return ctl_misuse("--wait waits for entries: name those that are to be renewed");
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE)
        return status;
    if (!authority_kept_open(ctl, &place, &authority, &passphrase, &err))
        status = ctl_fail(&err);
    else if (ctl->argument_count == 0)
        status = renew_authority(ctl, &place, &authority, &passphrase);
    else
        status = renew_leaves(ctl, &place, &authority);
    blob_wipe(&passphrase);
    cert_material_finish(&authority);
    place_finish(&place);
    return status;
}

static const struct ctl_option options[] = {
    AUTHORITY_KEY_OPTIONS,
    WAIT_OPTION,
    {0},
};

const struct ctl_verb verb_authority_renew = {
    .name = "authority renew",
    .arguments = "[ENTRY…]",
    .summary = "make the authority's certificate anew, or entries that it issued",
    .help = "Without ENTRY the authority gets a new certificate for the same key, name and\n"
            "constraints, valid as long as the old one was: clients must be given it before the\n"
            "old one ends, and what was issued stays good. With entries, each is issued anew with\n"
            "its names, a new key, and as long a life; clients need nothing for that.\n",
    .most_arguments = 1000,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
