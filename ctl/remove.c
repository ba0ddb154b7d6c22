/* The verb `remove`: takes entries out of the store. */
#include "base/string_list.h"
#include "base/utf8.h"
#include "certs/store_change.h"
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/text.h"
#include "ctl/uses.h"
#include "ctl/wait.h"
#include "platform/terminal.h"
#include "report/report.h"

#include <string.h>

/* What is to go. */
struct removal {
    struct place place;
    struct uses uses;
    struct cert_store *store;
    struct string_list names;   /* each once */
    struct string_list removed; /* of these, what an earlier run removed that was interrupted before
                                   the services were told */
};

static void removal_finish(struct removal *removal) {
    string_list_finish(&removal->names);
    string_list_finish(&removal->removed);
    cert_store_destroy(removal->store);
    uses_finish(&removal->uses);
    place_finish(&removal->place);
}

/* ---- may it go? ---- */

static enum ctl_exit check_known(struct removal *removal, int64_t now) {
    struct error err = {0};
    for (size_t i = 0; i < removal->names.count; i++) {
        const char *name = removal->names.items[i];
        json_t *shown = report_show(removal->store, name, (struct report_uses){0}, now, &err);
        json_decref(shown);
        if (shown)
            continue;
        if (err.kind != ERROR_MISSING || !uses_select(&removal->uses, name))
            return ctl_fail(&err);
        if (!string_list_add(&removal->removed, name))
            return ctl_no_memory();
    }
    return CTL_FINE;
}

static enum ctl_exit check_lines(const struct removal *removal) {
    struct use_line line;
    struct error err = {0};
    for (size_t i = 0; i < removal->names.count; i++) {
        if (!uses_line_of_entry(&removal->uses, removal->names.items[i], &line))
            continue;
        error_set(&err, ERROR_EXISTS,
                  "%s:%u: the configuration pins service %s to \"%s\": change that line first; "
                  "--force removes it all the same",
                  line.file, line.line, line.service, removal->names.items[i]);
        return ctl_fail(&err);
    }
    return CTL_FINE;
}

/* Without it only a certificate would be left that the daemon makes, and no client knows. */
static enum ctl_exit check_last(const struct removal *removal) {
    const struct cert_set *set = cert_store_set(removal->store);
    const char *last = NULL;
    struct error err = {0};
    for (size_t i = 0; i < cert_set_count(set); i++) {
        const char *name = cert_name(cert_set_at(set, i));
        bool goes = string_list_has(&removal->names, name);
        bool is_generated = strcmp(name, CERT_GENERATED_NAME) == 0;
        if (!goes && !is_generated)
            return CTL_FINE;
        if (goes && (!last || !is_generated))
            last = name;
    }
    if (!last)
        return CTL_FINE; /* what goes could not be served anyhow */
    error_set(&err, ERROR_EXISTS,
              "\"%s\" is the last that can be served: without it clients get a certificate that "
              "the daemon makes and none of them trusts; put another there first, or give --force",
              last);
    return ctl_fail(&err);
}

/* "Remove mail (mail.example.org, CN=…)? [y/N] " */
static enum ctl_exit confirm(const struct ctl *ctl, const struct removal *removal) {
    struct buffer question = {0};
    if (ctl_has(ctl, "--yes") || !terminal_is_there())
        return CTL_FINE;
    buffer_append_text(&question, "Remove for good, with its key: ");
    for (size_t i = 0; i < removal->names.count; i++) {
        const struct cert *cert =
            cert_set_entry(cert_store_set(removal->store), removal->names.items[i]);
        buffer_append_text(&question, i ? ", " : "");
        utf8_append_printable(&question, removal->names.items[i]);
        if (cert) {
            buffer_append_text(&question, " (");
            utf8_append_printable(&question, cert_info(cert)->subject);
            buffer_append_text(&question, ")");
        }
    }
    buffer_append_text(&question, "? [y/N] ");
    bool yes = !question.failed && terminal_confirm(question.data);
    buffer_finish(&question);
    if (yes)
        return CTL_FINE;
    ctl_warn("nothing was removed");
    return CTL_FAILED;
}

static enum ctl_exit check(const struct ctl *ctl, struct removal *removal) {
    enum ctl_exit status = check_known(removal, ctl->now);
    if (status == CTL_FINE && !ctl_has(ctl, "--force"))
        status = check_lines(removal);
    if (status == CTL_FINE && !ctl_has(ctl, "--force"))
        status = check_last(removal);
    return status == CTL_FINE ? confirm(ctl, removal) : status;
}

/* ---- removing ---- */

/* All or none. */
static bool change(const struct removal *removal, struct error *err) {
    struct store_change *change = NULL;
    if (!store_change_begin(removal->place.store_folder, &change, err))
        return false;
    for (size_t i = 0; i < removal->names.count; i++)
        if (!string_list_has(&removal->removed, removal->names.items[i]) &&
            !store_change_remove_entry(change, removal->names.items[i], err)) {
            store_change_abandon(change);
            return false;
        }
    return store_change_commit(change, err);
}

static json_t *describe(const struct removal *removal, const char *name, struct error *err) {
    const struct cert *cert = cert_set_entry(cert_store_set(removal->store), name);
    json_t *unselected = json_array();
    if (!unselected || !uses_move(&removal->uses, &removal->place, name, NULL, unselected, err)) {
        json_decref(unselected);
        return NULL;
    }
    const struct cert_info *info = cert ? cert_info(cert) : NULL;
    json_t *fingerprint =
        info ? report_fingerprint(info->fingerprint, CERT_FINGERPRINT_SIZE) : json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "entry", report_text(name), "subject",
                     report_text(info ? info->subject : NULL), "fingerprint", fingerprint,
                     "unselected", unselected);
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    size_t i = 0;
    const json_t *removed = NULL;
    (void)now;
    json_array_foreach(json_object_get(answer, "removed"), i, removed) {
        struct buffer services = {0};
        const char *name = answer_text(removed, "entry");
        utf8_append_printable(out, name ? name : "?");
        buffer_append_text(out, " is removed\n");
        text_field(out, "subject", answer_text(removed, "subject"));
        text_field(out, "SHA-256", answer_text(removed, "fingerprint"));
        text_append_names(&services, json_object_get(removed, "unselected"), NULL, SIZE_MAX);
        if (services.size > 0)
            buffer_append_text(&services, ": chosen by name and address from now on");
        text_field(out, "was used by", services.data);
        wait_print(removed, out);
        buffer_finish(&services);
    }
}

static enum ctl_exit tell(struct ctl *ctl, const struct removal *removal) {
    struct error err = {0};
    enum ctl_exit status = CTL_FINE;
    json_t *list = json_array(), *answer = json_pack("{s:O}", "removed", list);
    for (size_t i = 0; i < removal->names.count; i++) {
        json_t *removed = describe(removal, removal->names.items[i], &err);
        if (json_array_append_new(list, removed) != 0) {
            error_prefix(&err, "removed, but what else follows from it failed");
            json_decref(list);
            json_decref(answer);
            return ctl_fail_given(&err);
        }
    }
    wait_tell(&removal->place);
    for (size_t i = 0; i < removal->names.count; i++) {
        enum ctl_exit one =
            wait_gone(ctl, &removal->place, removal->names.items[i], json_array_get(list, i));
        status = status == CTL_FINE ? one : status;
    }
    json_decref(list);
    return ctl_answer(ctl, answer, print, status);
}

static enum ctl_exit remove_entries(struct ctl *ctl, struct removal *removal) {
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    for (size_t i = 0; i < ctl->argument_count; i++)
        if (!string_list_add_unique(&removal->names, ctl->arguments[i]))
            return ctl_fail(&err);
    if (!inventory_read(&removal->place, &removal->store, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = check(ctl, removal);
    if (status != CTL_FINE)
        return status;
    return change(removal, &err) ? tell(ctl, removal) : ctl_fail(&err);
}

static enum ctl_exit run(struct ctl *ctl) {
    struct removal removal = {0};
    enum ctl_exit status = place_find(ctl, &removal.place);
    if (status == CTL_FINE)
        status = uses_read(ctl, &removal.place, &removal.uses);
    if (status == CTL_FINE)
        status = remove_entries(ctl, &removal);
    removal_finish(&removal);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--yes", .help = "do not ask on the terminal"},
    {.name = "--force", .help = "also the last that can be served, and what is pinned"},
    WAIT_OPTION,
    {0},
};

const struct ctl_verb verb_remove = {
    .name = "remove",
    .arguments = "NAME…",
    .summary = "take entries out of the store, with their keys",
    .help = "All their files, in one step. Asks on a terminal. Refuses the last entry that can be\n"
            "served, beside the daemon's own, and one that the configuration pins; services for\n"
            "which it was selected choose again by name and address.\n",
    .least_arguments = 1,
    .most_arguments = 1000,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
