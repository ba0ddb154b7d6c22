/* The verbs `select` and `unselect`: which certificate a service always uses. */
#include "base/string_list.h"
#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/inventory.h"
#include "ctl/text.h"
#include "ctl/uses.h"
#include "ctl/wait.h"
#include "report/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What both verbs work on. */
struct selection {
    struct place place;
    struct uses uses;
    const struct conf_service *service; /* of the configuration */
    const char *before;                 /* selected so far; NULL: none */
};

static void selection_finish(struct selection *selection) {
    uses_finish(&selection->uses);
    place_finish(&selection->place);
}

static enum ctl_exit refuse_service(const struct ctl *ctl, const struct conf *conf,
                                    const char *name) {
    struct error err = {0};
    struct buffer line = {0};
    const char **names = calloc(conf->service_count + 1, sizeof *names);
    for (size_t i = 0; names && i < conf->service_count; i++)
        names[i] = conf->services[i].name;
    const char *nearest = names ? nearest_word(name, names) : NULL;
    free(names);
    if (nearest)
        error_set(&err, ERROR_INPUT, "there is no service \"%s\"; did you mean \"%s\"?", name,
                  nearest);
    else
        error_set(&err, ERROR_INPUT, "there is no service \"%s\": \"%s\" shows those there are",
                  name, command_line_text(ctl, "status", NULL, &line));
    buffer_finish(&line);
    return ctl_fail(&err);
}

static enum ctl_exit refuse_pinned(const struct conf_service *service) {
    struct error err = {0};
    error_set(&err, ERROR_EXISTS,
              "%s:%u: the configuration pins service %s to \"%s\": change that line, or take it "
              "out for \"select\" to decide",
              service->certificate_file ? service->certificate_file : "the configuration",
              service->certificate_line, service->name, service->certificate);
    return ctl_fail(&err);
}

/* Finds the service, or says why not. The selection is the caller's to finish in any case. */
static bool begin(const struct ctl *ctl, struct selection *out, enum ctl_exit *status) {
    if (ctl_has(ctl, "--store")) {
        *status = ctl_misuse("%s is about the services of a daemon: name its configuration with "
                             "--config, not a store",
                             ctl->verb->name);
        return false;
    }
    *status = place_find(ctl, &out->place);
    if (*status == CTL_FINE)
        *status = uses_read(ctl, &out->place, &out->uses);
    if (*status != CTL_FINE)
        return false;
    out->service = conf_service_find(out->uses.conf, ctl->arguments[0]);
    if (!out->service) {
        *status = refuse_service(ctl, out->uses.conf, ctl->arguments[0]);
        return false;
    }
    out->before = pin_list_find(&out->uses.selected, out->service->name);
    return true;
}

/* ---- select ---- */

/* Is there such an entry, and can it be served? Gives its description. */
static enum ctl_exit find_entry(const struct ctl *ctl, const struct selection *selection,
                                json_t **shown) {
    const char *name = ctl->arguments[1];
    struct error err = {0};
    if (strcmp(name, CONF_AUTHORITY) == 0) {
        error_set(&err, ERROR_INPUT,
                  "a certificate of the local authority that the daemon issues and renews is asked "
                  "for in the configuration: write certificate = \"authority\"; for service %s in "
                  "%s",
                  selection->service->name,
                  selection->uses.conf->file ? selection->uses.conf->file : conf_default_file());
        return ctl_fail(&err);
    }
    wait_tell(&selection->place); /* it may have been put there a moment ago */
    if (!inventory_get(&selection->place, name, ctl->now, shown, &err))
        return ctl_fail(&err);
    if (json_is_object(json_object_get(*shown, "entry")))
        return CTL_FINE;
    const json_t *refusal = json_array_get(json_object_get(*shown, "refused"), 0);
    const char *file = answer_text(refusal, "file"), *reason = answer_text(refusal, "reason"),
               *mend = answer_text(refusal, "mend");
    error_set(&err, ERROR_INPUT, "\"%s\" cannot be served: %s: %s%s%s", name, file ? file : "?",
              reason ? reason : "?", mend ? "; mend: " : "", mend ? mend : "");
    json_decref(*shown);
    *shown = NULL;
    return ctl_fail(&err);
}

static bool add_warning(json_t *warnings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool add_warning(json_t *warnings, const char *format, ...) {
    va_list arguments;
    char text[600];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return json_array_append_new(warnings, report_text(text)) == 0;
}

static bool warn(const struct ctl *ctl, const struct selection *selection, const json_t *entry,
                 json_t *warnings) {
    const struct conf_service *service = selection->service;
    bool ok = true, has_https = false;
    if (!service->enabled)
        ok = add_warning(warnings, "service %s is switched off", service->name);
    for (size_t i = 0; ok && i < service->listener_count; i++) {
        const struct conf_listener *listener = &service->listeners[i];
        has_https = has_https || listener->protocol == CONF_HTTPS;
        if (listener->certificate)
            ok = add_warning(warnings,
                             "%s:%u pins the listener on %s port %u to \"%s\", which "
                             "goes first there",
                             listener->file, listener->line, listener->address,
                             (unsigned)listener->port, listener->certificate);
    }
    if (ok && !has_https)
        ok = add_warning(warnings, "service %s listens nowhere with HTTPS", service->name);
    if (ok && !inventory_entry_is_fine(entry, ctl->now))
        ok = add_warning(warnings, "the certificate expired or is not valid yet");
    return ok;
}

static void print_selected(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *certificate = json_object_get(answer, "certificate");
    const char *before = answer_text(answer, "previous"), *entry = answer_text(answer, "entry");
    buffer_printf(out, "service %s always uses ", answer_text(answer, "service"));
    utf8_append_printable(out, entry ? entry : "?");
    buffer_append_text(out, "\n");
    text_field(out, "before", before ? before : "chosen by name and address");
    text_field_names(out, "names", json_object_get(certificate, "dns_names"),
                     json_object_get(certificate, "addresses"));
    text_field_validity(out, "valid", certificate, now);
    text_field(out, "SHA-256", answer_text(answer, "fingerprint"));
    wait_print(answer, out);
    text_append_warnings(out, answer);
}

static json_t *describe_selected(const struct ctl *ctl, const struct selection *selection,
                                 json_t *entry) {
    json_t *warnings = json_array();
    if (!warnings || !warn(ctl, selection, entry, warnings)) {
        json_decref(warnings);
        return NULL;
    }
    /* As every verb tells an entry; who uses it has just changed. */
    static const char *const beyond[] = {"staple_until",  "chain_pem",  "chain_certificates",
                                         "friendly_name", "exportable", "made_by",
                                         "made"};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
        json_object_del(entry, beyond[i]);
    json_object_set_new(entry, "used_by", json_null());
    return json_pack("{s:s, s:O, s:o, s:O, s:O, s:o}", "service", selection->service->name, "entry",
                     json_object_get(entry, "name"), "previous", report_text(selection->before),
                     "certificate", entry, "fingerprint", json_object_get(entry, "fingerprint"),
                     "warnings", warnings);
}

static enum ctl_exit pin(struct ctl *ctl, const struct selection *selection, json_t *entry) {
    struct error err = {0};
    if (!place_make_state(&selection->place, &err) ||
        !pin_file_set(selection->place.state_folder, selection->service->name, ctl->arguments[1],
                      &err))
        return ctl_fail_given(&err);
    wait_tell(&selection->place);
    json_t *answer = describe_selected(ctl, selection, entry);
    enum ctl_exit status = CTL_FINE;
    if (answer)
        status = wait_served_by(ctl, &selection->place, selection->service->name, ctl->arguments[1],
                                answer_text(answer, "fingerprint"), answer);
    return ctl_answer(ctl, answer, print_selected, status);
}

static enum ctl_exit select_entry(struct ctl *ctl, const struct selection *selection) {
    json_t *shown = NULL;
    if (selection->service->certificate)
        return refuse_pinned(selection->service);
    enum ctl_exit status = find_entry(ctl, selection, &shown);
    if (status == CTL_FINE)
        status = pin(ctl, selection, json_object_get(shown, "entry"));
    json_decref(shown);
    return status;
}

static enum ctl_exit run_select(struct ctl *ctl) {
    struct selection selection = {0};
    enum ctl_exit status = CTL_FAILED;
    if (begin(ctl, &selection, &status))
        status = select_entry(ctl, &selection);
    selection_finish(&selection);
    return status;
}

/* ---- unselect ---- */

static void print_unselected(const json_t *answer, int64_t now, struct buffer *out) {
    const char *service = answer_text(answer, "service"), *before = answer_text(answer, "previous");
    (void)now;
    if (!before)
        buffer_printf(out, "nothing was selected for service %s\n", service);
    else if (answer_true(answer, "pinned"))
        buffer_printf(out, "nothing is selected for service %s any more\n", service);
    else
        buffer_printf(out, "service %s chooses its certificate by name and address\n", service);
    text_field(out, "before", before);
    wait_print(answer, out);
    text_append_warnings(out, answer);
}

static enum ctl_exit unpin(struct ctl *ctl, const struct selection *selection) {
    const struct conf_service *service = selection->service;
    struct error err = {0};
    if (!pin_file_set(selection->place.state_folder, service->name, NULL, &err))
        return ctl_fail_given(&err);
    wait_tell(&selection->place);
    json_t *warnings = json_array();
    if (service->certificate &&
        !add_warning(warnings, "%s:%u pins the service to \"%s\"", service->certificate_file,
                     service->certificate_line, service->certificate)) {
        json_decref(warnings);
        warnings = NULL;
    }
    json_t *answer = json_pack("{s:s, s:o, s:b, s:o}", "service", service->name, "previous",
                               report_text(selection->before), "pinned",
                               (int)(service->certificate != NULL), "warnings", warnings);
    enum ctl_exit status =
        answer ? wait_service(ctl, &selection->place, service->name, answer) : CTL_FINE;
    return ctl_answer(ctl, answer, print_unselected, status);
}

static enum ctl_exit run_unselect(struct ctl *ctl) {
    struct selection selection = {0};
    enum ctl_exit status = CTL_FAILED;
    if (begin(ctl, &selection, &status))
        status = selection.service->certificate && !selection.before
                     ? refuse_pinned(selection.service)
                     : unpin(ctl, &selection);
    selection_finish(&selection);
    return status;
}

static const struct ctl_option options[] = {WAIT_OPTION, {0}};

const struct ctl_verb verb_select = {
    .name = "select",
    .arguments = "SERVICE NAME",
    .summary = "have a service always use this certificate",
    .help =
        "Whatever name a client asks for. It takes effect at once and outlasts restarts, until\n"
        "\"unselect\". Where the configuration pins a certificate for the service, that line\n"
        "decides, and is named.\n",
    .least_arguments = 2,
    .most_arguments = 2,
    .run = run_select,
    .options = options,
    .completion = CTL_COMPLETE_SERVICE_THEN_ENTRY,
};

const struct ctl_verb verb_unselect = {
    .name = "unselect",
    .arguments = "SERVICE",
    .summary = "have a service choose its certificate again, by name and address",
    .help = "Takes back what \"select\" did.\n",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run_unselect,
    .options = options,
    .completion = CTL_COMPLETE_SERVICE,
};
