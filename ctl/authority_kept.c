#include "ctl/authority_kept.h"

#include "base/shell_word.h"
#include "certs/store_change.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/text.h"
#include "platform/file.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER_NAME "authority"
#define FILE_NAME "authority.pem"

enum { FILE_LIMIT = 256 * 1024 };

/* Newly allocated; NULL: out of memory. */
static char *path_of(const struct place *place) {
    return path_join(place->state_folder, FOLDER_NAME "/" FILE_NAME);
}

bool authority_kept_exists(const struct place *place) {
    struct file_identity identity;
    char *path = path_of(place);
    bool exists = path && file_identify(path, &identity, NULL);
    free(path);
    return exists;
}

/* A key that everyone can read is refused where it is used, as the daemon does, else warned of. */
static bool check_mode(const char *path, const struct file_identity *identity, bool for_use,
                       struct error *err) {
    if (!file_readable_by_all(identity))
        return true;
    struct error exposed = {0};
    struct buffer word = {0};
    shell_append_word(&word, path);
    error_set(&exposed, ERROR_PERMISSION,
              "everyone can read the key of the local authority; mend: chmod 600 %s",
              word.failed ? path : word.data);
    buffer_finish(&word);
    if (for_use)
        *err = exposed;
    else
        ctl_warn("warning: %s", exposed.text);
    return !for_use;
}

static bool read_kept(const struct place *place, bool for_use, struct blob *out,
                      struct error *err) {
    struct file_identity identity;
    struct error why = {0};
    char *path = path_of(place);
    if (!path)
        return error_no_memory(err);
    bool ok = file_read(path, FILE_LIMIT, out, &identity, &why);
    if (!ok && why.kind == ERROR_MISSING)
        error_set(&why, ERROR_MISSING, "there is no local authority (%s)", path);
    if (ok && !check_mode(path, &identity, for_use, &why)) {
        blob_wipe(out);
        ok = false;
    }
    if (!ok)
        *err = why;
    free(path);
    return ok;
}

/* Says which file it is about. */
static bool fail_with_path(const struct place *place, struct error *err) {
    error_prefix(err, "%s/%s/%s", place->state_folder, FOLDER_NAME, FILE_NAME);
    return false;
}

void authority_kept_advise(const struct ctl *ctl, struct error *err) {
    struct buffer line = {0};
    struct error found = *err;
    if (err->kind == ERROR_MISSING)
        error_set(err, ERROR_MISSING, "%s: \"%s\" makes one", found.text,
                  command_line_text(ctl, "authority create", NULL, &line));
    buffer_finish(&line);
}

bool authority_kept_look(const struct place *place, struct authority_text *out, struct error *err) {
    struct blob pem = {0};
    if (!read_kept(place, false, &pem, err))
        return false;
    bool ok = authority_look(&pem, out, err);
    blob_wipe(&pem);
    return ok || fail_with_path(place, err);
}

/* A passphrase that nobody gave is a refusal, not an entry that is missing. */
static bool ask_passphrase(const struct ctl *ctl, struct blob *out, struct error *err) {
    struct error why = {0};
    if (secret_get(ctl, "passphrase", "Passphrase of the local authority: ", false, out, &why))
        return true;
    if (why.kind == ERROR_MISSING)
        why.kind = ERROR_PERMISSION;
    *err = why;
    return false;
}

bool authority_kept_open(const struct ctl *ctl, const struct place *place,
                         struct cert_material *out, struct blob *passphrase, struct error *err) {
    struct blob pem = {0}, given = {0};
    struct authority_text look = {0};
    bool ok = false;
    if (!read_kept(place, true, &pem, err)) {
        authority_kept_advise(ctl, err);
        return false;
    }
    if (!authority_look(&pem, &look, err)) {
        fail_with_path(place, err);
        goto done;
    }
    if (look.is_encrypted && !ask_passphrase(ctl, &given, err))
        goto done;
    ok = authority_read(&pem, look.is_encrypted ? (const char *)given.data : NULL, out, err) ||
         fail_with_path(place, err);
done:
    authority_text_finish(&look);
    blob_wipe(&pem);
    if (ok)
        *passphrase = given;
    else
        blob_wipe(&given);
    return ok;
}

bool authority_kept_write(const struct place *place, const struct cert_material *authority,
                          const struct blob *passphrase, struct error *err) {
    struct blob pem = {0};
    struct store_change *change = NULL;
    char *folder = path_join(place->state_folder, FOLDER_NAME);
    bool ok = folder || error_no_memory(err);
    ok = ok &&
         authority_write(authority, passphrase->size ? (const char *)passphrase->data : NULL, &pem,
                         err) &&
         place_make_state(place, err) && store_change_begin(folder, &change, err);
    if (ok && !store_change_write(change, FILE_NAME, pem.data, pem.size, 0600, err)) {
        store_change_abandon(change);
        ok = false;
    } else if (ok) {
        ok = store_change_commit(change, err);
    }
    blob_wipe(&pem);
    free(folder);
    return ok;
}

/* ---- telling of it ---- */

json_t *authority_kept_report(const struct place *place, const struct blob *certificate,
                              bool is_encrypted_too, struct error *err) {
    struct string_list domains = {0}, networks = {0};
    char *path = path_of(place);
    json_t *answer = NULL, *says = report_certificate(certificate, err);
    if (!says)
        goto done;
    bool constrained = authority_constraints(certificate, &domains, &networks);
    answer = json_pack("{s:o, s:o, s:O, s:b, s:b, s:o, s:o}", "file", report_text(path),
                       "certificate", says, "fingerprint", json_object_get(says, "fingerprint"),
                       "encrypted", (int)is_encrypted_too, "constrained", (int)constrained,
                       "domains", report_texts(&domains), "networks", report_texts(&networks));
    if (!answer)
        error_no_memory(err);
done:
    string_list_finish(&domains);
    string_list_finish(&networks);
    free(path);
    return answer;
}

static void print_constraints(const json_t *answer, struct buffer *out) {
    struct buffer names = {0};
    if (!answer_true(answer, "constrained")) {
        text_field(out, "may name", "anything: it has no name constraints");
        return;
    }
    text_append_names(&names, json_object_get(answer, "domains"), NULL, SIZE_MAX);
    if (names.size > 0)
        buffer_append_text(&names, ", and what is below");
    text_field(out, "may name", names.data ? names.data : "no host by name");
    buffer_clear(&names);
    text_append_names(&names, json_object_get(answer, "networks"), NULL, SIZE_MAX);
    text_field(out, "addresses", names.size ? names.data : "none");
    buffer_finish(&names);
}

void authority_kept_print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *certificate = json_object_get(answer, "certificate");
    text_field(out, "subject", answer_text(certificate, "subject"));
    print_constraints(answer, out);
    text_field_validity(out, "valid", certificate, now);
    text_field(out, "key", answer_text(certificate, "key"));
    text_field(out, "kept",
               answer_true(answer, "encrypted")
                   ? "encrypted"
                   : "not encrypted: whoever can read the file can issue certificates");
    text_field(out, "SHA-256", answer_text(answer, "fingerprint"));
    text_field(out, "SHA-1", answer_text(certificate, "thumbprint"));
    text_field(out, "file", answer_text(answer, "file"));
}
