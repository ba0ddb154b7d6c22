/* The verb `rename`: another name for an entry, which the services that use it follow. */
#include "base/utf8.h"
#include "certs/store_change.h"
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/text.h"
#include "ctl/uses.h"
#include "ctl/wait.h"
#include "report/report.h"

#include <string.h>

/* One renaming. */
struct renaming {
    struct place place;
    struct uses uses;
    const char *from, *to; /* borrowed from the command line */
    json_t *certificate;   /* as in `list`; NULL: no version of it is any good */
    bool is_done;          /* in the store: an earlier run was interrupted */
};

static void renaming_finish(struct renaming *renaming) {
    json_decref(renaming->certificate);
    uses_finish(&renaming->uses);
    place_finish(&renaming->place);
}

static enum ctl_exit check_names(struct ctl *ctl, const char *from, const char *to) {
    struct error err = {0};
    if (strcmp(from, to) == 0)
        return ctl_misuse("both names are \"%s\"", from);
    if (!entry_name_check(to, &err))
        return ctl_misuse("%s", err.text);
    if (strcmp(to, CERT_GENERATED_NAME) != 0 || ctl_has(ctl, "--force"))
        return CTL_FINE;
    error_set(&err, ERROR_EXISTS,
              "%s is the name of the certificate that the daemon makes: an entry of that name is "
              "used last, and \"renew\" replaces it; --force renames all the same",
              CERT_GENERATED_NAME);
    return ctl_fail(&err);
}

static enum ctl_exit check_uses(const struct ctl *ctl, const struct renaming *renaming) {
    struct use_line line;
    struct error err = {0};
    if (ctl_has(ctl, "--force") || !uses_line_of_entry(&renaming->uses, renaming->from, &line))
        return CTL_FINE;
    error_set(&err, ERROR_EXISTS,
              "%s:%u: the configuration pins service %s to \"%s\": change that line as well; "
              "--force renames before you do, and the service chooses by name meanwhile",
              line.file, line.line, line.service, renaming->from);
    return ctl_fail(&err);
}

/* Was it renamed already, and only services are left to follow? */
static bool was_interrupted(const struct renaming *renaming, const struct cert_store *store) {
    return uses_select(&renaming->uses, renaming->from) &&
           cert_set_entry(cert_store_set(store), renaming->to);
}

/* Is there such an entry, in whatever state? */
static bool look(struct renaming *renaming, int64_t now, struct error *err) {
    struct cert_store *store = NULL;
    if (!inventory_read(&renaming->place, &store, err))
        return false;
    const struct cert_set *set = cert_store_set(store);
    json_t *shown = report_show(store, renaming->from, (struct report_uses){0}, now, err);
    renaming->is_done = !shown && was_interrupted(renaming, store);
    const struct cert *cert =
        cert_set_entry(set, renaming->is_done ? renaming->to : renaming->from);
    if (cert)
        renaming->certificate = report_entry(cert, (struct report_uses){0}, now);
    bool ok = shown || renaming->is_done;
    json_decref(shown);
    cert_store_destroy(store);
    return ok;
}

static bool change(const struct renaming *renaming, struct error *err) {
    struct store_change *change = NULL;
    if (renaming->is_done)
        return true;
    if (!store_change_begin(renaming->place.store_folder, &change, err))
        return false;
    if (!store_change_rename_entry(change, renaming->from, renaming->to, err)) {
        store_change_abandon(change);
        return false;
    }
    return store_change_commit(change, err);
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    const char *from = answer_text(answer, "previous"), *to = answer_text(answer, "entry");
    (void)now;
    utf8_append_printable(out, from ? from : "?");
    buffer_append_text(out, " is now ");
    utf8_append_printable(out, to ? to : "?");
    buffer_append_text(out, "\n");
    text_field_names(out, "used by", json_object_get(answer, "selected"), NULL);
    text_field(out, "SHA-256", answer_text(answer, "fingerprint"));
    wait_print(answer, out);
}

static enum ctl_exit tell(struct ctl *ctl, const struct renaming *renaming, json_t *selected) {
    const char *fingerprint = answer_text(renaming->certificate, "fingerprint");
    json_t *certificate = renaming->certificate ? json_incref(renaming->certificate) : json_null();
    json_t *answer = json_pack("{s:o, s:o, s:o, s:s?, s:O}", "entry", report_text(renaming->to),
                               "previous", report_text(renaming->from), "certificate", certificate,
                               "fingerprint", fingerprint, "selected", selected);
    enum ctl_exit status = CTL_FINE;
    if (answer && renaming->certificate)
        json_object_set_new(renaming->certificate, "name", report_text(renaming->to));
    if (answer)
        status = wait_served(ctl, &renaming->place, renaming->to, fingerprint ? fingerprint : "",
                             answer);
    return ctl_answer(ctl, answer, print, status);
}

static enum ctl_exit rename_entry(struct ctl *ctl, struct renaming *renaming) {
    struct error err = {0};
    enum ctl_exit status = check_uses(ctl, renaming);
    if (status != CTL_FINE)
        return status;
    if (!look(renaming, ctl->now, &err) || !change(renaming, &err))
        return ctl_fail(&err);
    json_t *selected = json_array();
    if (selected && uses_move(&renaming->uses, &renaming->place, renaming->from, renaming->to,
                              selected, &err)) {
        wait_tell(&renaming->place);
        status = tell(ctl, renaming, selected);
    } else {
        error_prefix(&err, "the entry was renamed, but a service did not follow; the same command "
                           "again mends that");
        status = ctl_fail_given(&err);
    }
    json_decref(selected);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct renaming renaming = {.from = ctl->arguments[0], .to = ctl->arguments[1]};
    enum ctl_exit status = check_names(ctl, renaming.from, renaming.to);
    if (status == CTL_FINE)
        status = place_find(ctl, &renaming.place);
    if (status == CTL_FINE)
        status = uses_read(ctl, &renaming.place, &renaming.uses);
    if (status == CTL_FINE)
        status = rename_entry(ctl, &renaming);
    renaming_finish(&renaming);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--force", .help = "also where the configuration pins it by the old name"},
    WAIT_OPTION,
    {0},
};

const struct ctl_verb verb_rename = {
    .name = "rename",
    .arguments = "OLD NEW",
    .summary = "give an entry another name",
    .help = "All its files, in one step; services for which it was selected follow. Where the\n"
            "configuration pins it, that line is named, and nothing is done without --force.\n",
    .least_arguments = 2,
    .most_arguments = 2,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
