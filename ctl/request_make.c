/* `request FILE`: from a request.inf to a key that waits and its request, or to an entry. */
#include "base/utf8.h"
#include "certs/cert_export.h"
#include "certs/request_inf.h"
#include "certs/waiting.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/entry_put.h"
#include "ctl/progress.h"
#include "ctl/request.h"
#include "ctl/text.h"
#include "ctl/waiting_folders.h"
#include "ctl/wish.h"
#include "platform/file.h"
#include "platform/process.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- remarks ---- */

struct remarks {
    const char *file;
    json_t *list;
    bool failed; /* memory */
};

static const char *level_word(enum request_inf_level level) {
    switch (level) {
    case REQUEST_INF_MISTAKE:
        return "mistake";
    case REQUEST_INF_REPAIR:
        return "repaired";
    case REQUEST_INF_WARNING:
        return "warning";
    default:
        return "note";
    }
}

static void print_remark(const char *file, const struct request_inf_remark *remark) {
    struct buffer line = {0};
    utf8_append_printable(&line, file);
    if (remark->line > 0)
        buffer_printf(&line, ":%u:%u", remark->line, remark->column);
    buffer_printf(&line, ": %s: ", level_word(remark->level));
    utf8_append_printable(&line, remark->text);
    fprintf(stderr, "%s\n", line.data ? line.data : "out of memory");
    buffer_finish(&line);
}

static void take_remark(void *context, const struct request_inf_remark *remark) {
    struct remarks *remarks = context;
    print_remark(remarks->file, remark);
    json_t *item = json_pack("{s:s, s:I, s:I, s:o}", "level", level_word(remark->level), "line",
                             (json_int_t)remark->line, "column", (json_int_t)remark->column, "text",
                             report_text(remark->text));
    if (!item || json_array_append_new(remarks->list, item) != 0)
        remarks->failed = true;
}

/* ---- reading ---- */

static void print_nothing(const json_t *answer, int64_t now, struct buffer *out) {
    (void)answer;
    (void)now;
    (void)out;
}

static void ignore_remark(void *context, const struct request_inf_remark *remark) {
    (void)context;
    (void)remark;
}

/* Where a tolerant reading would have mended all mistakes, somebody may want to know. */
static void suggest_tolerant(const struct blob *bytes, struct request_inf_options options) {
    struct request_inf inf = {0};
    if (options.tolerant)
        return;
    options.tolerant = true;
    if (!request_inf_read(bytes, &options, ignore_remark, NULL, &inf))
        return;
    ctl_warn("--tolerant repairs these mistakes, and says each repair");
    request_inf_finish(&inf);
}

/* Gives `inf`, and `list` either way. */
static enum ctl_exit read_inf(struct ctl *ctl, struct request_inf *inf, json_t **list) {
    const char *path = ctl->arguments[0];
    struct blob bytes = {0};
    struct error err = {0};
    struct file_identity identity;
    struct remarks remarks = {.file = path, .list = json_array()};
    if (!remarks.list)
        return ctl_no_memory();
    *list = remarks.list;
    if (!file_read(path, REQUEST_INF_LIMIT, &bytes, &identity, &err))
        return ctl_fail_given(&err);
    const struct request_inf_options options = {.tolerant = ctl_has(ctl, "--tolerant"),
                                                .allow_weak = ctl_has(ctl, "--allow-weak"),
                                                .now = ctl->now};
    bool ok = request_inf_read(&bytes, &options, take_remark, &remarks, inf);
    if (!ok)
        suggest_tolerant(&bytes, options);
    blob_finish(&bytes);
    if (remarks.failed)
        return ctl_no_memory();
    if (ok)
        return CTL_FINE;
    /* The remarks have told it all; programs get them as well. */
    return ctl_answer(ctl, json_pack("{s:O}", "remarks", remarks.list), print_nothing, CTL_FAILED);
}

static const char *usual_name(const struct request_inf *inf) {
    const char *common_name = x500_name_value(&inf->plan.subject, X500_COMMON_NAME);
    if (inf->friendly_name && *inf->friendly_name)
        return inf->friendly_name;
    if (common_name && *common_name)
        return common_name;
    return inf->dns_names.count > 0 ? inf->dns_names.items[0] : "request";
}

/* Gives what the entry will remember. */
static bool remember(const struct ctl *ctl, const struct request_inf *inf, struct entry_meta *out) {
    struct entry_meta meta = {
        .exportable = inf->exportable, .made_by = strdup("request"), .made = ctl->now};
    if (inf->friendly_name && *inf->friendly_name)
        meta.friendly_name = strdup(inf->friendly_name);
    *out = meta;
    return meta.made_by && (!inf->friendly_name || !*inf->friendly_name || meta.friendly_name);
}

static bool make_key(const struct request_inf *inf, struct blob *key, struct error *err) {
    char words[WISH_KEY_WORDS_SIZE];
    struct progress *progress = progress_begin(wish_key_words(inf->plan.key, words));
    bool ok = cert_plan_make_key(inf->plan.key, key, err);
    progress_end(progress);
    return ok;
}

/* ---- RequestType = Cert ---- */

static enum ctl_exit write_certificate(const struct ctl *ctl, const struct blob *der) {
    struct blob pem = {0};
    struct error err = {0};
    if (ctl_has(ctl, "--binary"))
        return request_write(ctl, der->data, der->size);
    if (!cert_export_pem(der, 1, &pem, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = request_write(ctl, pem.data, pem.size);
    blob_finish(&pem);
    return status;
}

static enum ctl_exit make_entry(struct ctl *ctl, const struct place *place,
                                const struct request_inf *inf, const struct entry_meta *meta,
                                const char *entry, json_t *remarks) {
    struct blob key = {0};
    struct cert_material material = {0};
    struct error err = {0};
    enum ctl_exit status = entry_put_check(ctl, place, entry);
    if (status != CTL_FINE)
        return status;
    if (!make_key(inf, &key, &err) || !cert_plan_self_sign(&inf->plan, &key, &material, &err)) {
        blob_wipe(&key);
        return ctl_fail_given(&err);
    }
    blob_wipe(&key);
    const char *output = ctl_value(ctl, "--output");
    status = entry_put(ctl, place,
                       &(struct entry_put){.entry = entry,
                                           .material = &material,
                                           .meta = meta,
                                           .write_copy = output ? write_certificate : NULL},
                       json_pack("{s:O, s:o}", "remarks", remarks, "output", report_text(output)));
    cert_material_finish(&material);
    return status;
}

/* ---- RequestType = PKCS10 ---- */

static void print_waiting(const json_t *answer, int64_t now, struct buffer *out) {
    const char *output = answer_text(answer, "output"), *next = answer_text(answer, "next");
    (void)now;
    utf8_append_printable(out, output ? output : "the request");
    buffer_append_text(out, " is written, and its key waits for the certificate\n");
    text_field(out, "entry to be", answer_text(answer, "entry"));
    text_field(out, "friendly name", answer_text(answer, "friendly_name"));
    text_field(out, "key", answer_text(answer, "key"));
    text_field(out, "waits in", answer_text(answer, "file"));
    buffer_append_text(out, "\nGive the request to the authority; when its certificate comes:\n  ");
    utf8_append_printable(out, next ? next : "");
    buffer_append_text(out, "\n");
}

static json_t *describe(const struct ctl *ctl, const struct request_inf *inf,
                        const struct waiting_key *waiting, const char *folder, const char *pem,
                        json_t *remarks) {
    struct buffer next = {0}, file = {0};
    command_line_append(ctl, "accept", NULL, &next);
    buffer_append_text(&next, " FILE");
    buffer_printf(&file, "%s/%s.pem", folder, waiting->name);
    char *line = buffer_take(&next), *path = buffer_take(&file);
    json_t *answer = NULL;
    if (line && path) {
        char kind[CERT_KEY_CHOICE_SIZE];
        answer =
            json_pack("{s:o, s:o, s:o, s:b, s:s, s:o, s:o, s:O, s:o}", "entry",
                      report_text(waiting->name), "file", report_text(path), "friendly_name",
                      report_text(waiting->meta.friendly_name), "exportable",
                      waiting->meta.exportable, "key", cert_key_choice_name(inf->plan.key, kind),
                      "output", report_text(ctl_value(ctl, "--output")), "csr", report_text(pem),
                      "remarks", remarks, "next", report_text(line));
    }
    free(line);
    free(path);
    return answer;
}

static enum ctl_exit write_request(const struct ctl *ctl, const struct waiting_key *waiting,
                                   const char *pem) {
    if (!ctl_value(ctl, "--output"))
        return CTL_FINE;
    return ctl_has(ctl, "--binary")
               ? request_write(ctl, waiting->request.data, waiting->request.size)
               : request_write(ctl, pem, strlen(pem));
}

/* Where no file was named, the request is in the answer, or on standard output. Takes `answer`. */
static enum ctl_exit tell(struct ctl *ctl, const struct waiting_key *waiting, const char *pem,
                          json_t *answer) {
    if (ctl_value(ctl, "--output") || ctl_has(ctl, "--json"))
        return ctl_answer(ctl, answer, print_waiting, CTL_FINE);
    if (ctl_has(ctl, "--binary"))
        buffer_append(&ctl->out, waiting->request.data, waiting->request.size);
    else
        buffer_append_text(&ctl->out, pem);
    const char *next = answer_text(answer, "next");
    ctl_warn("the key waits as \"%s\"; when the certificate comes: %s", waiting->name,
             next ? next : "");
    json_decref(answer);
    return CTL_FINE;
}

/* `*replaced`: an older key is lost. */
static bool put(const struct ctl *ctl, const struct place *place, const struct waiting_key *waiting,
                const char *folder, bool *replaced, struct error *err) {
    *replaced = false;
    if (!place_make_state(place, err))
        return false;
    if (waiting_put(folder, waiting, false, err))
        return true;
    if (err->kind != ERROR_EXISTS)
        return false;
    if (ctl_has(ctl, "--force"))
        return *replaced = waiting_put(folder, waiting, true, err);
    error_set(err, ERROR_EXISTS,
              "a key waits as \"%s\" already: --entry gives this one another name, \"request "
              "--cancel\" destroys the older key, --force does so and puts this one in its place",
              waiting->name);
    return false;
}

/* A key whose request nobody has is of no use, nor is a request without its key: so the key is
 * first, and goes where the request cannot be written. */
static enum ctl_exit put_and_write(const struct ctl *ctl, const struct place *place,
                                   const struct waiting_key *waiting, const char *folder,
                                   const char *pem) {
    struct error err = {0};
    bool replaced = false;
    if (!put(ctl, place, waiting, folder, &replaced, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = write_request(ctl, waiting, pem);
    if (status == CTL_FINE)
        return status;
    if (replaced)
        ctl_warn(
            "the key waits as \"%s\" all the same, in place of the older one: \"request --list "
            "--json\" tells its request",
            waiting->name);
    else if (!waiting_remove(folder, waiting->name, &err))
        ctl_warn("%s", err.text);
    return status;
}

static enum ctl_exit put_waiting(struct ctl *ctl, const struct place *place,
                                 const struct request_inf *inf, const struct waiting_key *waiting,
                                 const char *folder, json_t *remarks) {
    char *pem = request_pem(&waiting->request);
    json_t *answer = pem ? describe(ctl, inf, waiting, folder, pem, remarks) : NULL;
    enum ctl_exit status =
        answer ? put_and_write(ctl, place, waiting, folder, pem) : ctl_no_memory();
    if (status == CTL_FINE)
        status = tell(ctl, waiting, pem, answer);
    else
        json_decref(answer);
    free(pem);
    return status;
}

static enum ctl_exit make_waiting(struct ctl *ctl, const struct place *place,
                                  const struct request_inf *inf, const struct entry_meta *meta,
                                  const char *entry, json_t *remarks) {
    struct error err = {0};
    struct waiting_key waiting = {.name = (char *)entry, .meta = *meta}; /* lent */
    enum ctl_exit status = CTL_FAILED;
    char *folder = waiting_folder(place);
    if (!folder)
        status = ctl_no_memory();
    else if (!make_key(inf, &waiting.key, &err) ||
             !cert_plan_request(&inf->plan, &waiting.key, &inf->attributes, &waiting.request, &err))
        status = ctl_fail_given(&err);
    else
        status = put_waiting(ctl, place, inf, &waiting, folder, remarks);
    blob_wipe(&waiting.key);
    blob_finish(&waiting.request);
    free(folder);
    return status;
}

/* ---- both ---- */

static enum ctl_exit check(const struct ctl *ctl, const struct request_inf *inf) {
    bool is_request = inf->type == REQUEST_INF_PKCS10, has_output = ctl_value(ctl, "--output");
    if (is_request && ctl_has(ctl, "--wait"))
        return ctl_misuse("--wait has no meaning here: nothing is served before the certificate "
                          "comes; leave it out, or give it to \"accept\"");
    if (ctl_has(ctl, "--binary") && !has_output && !is_request)
        return ctl_misuse("--binary is about what is written to --output: give both");
    if (ctl_has(ctl, "--binary") && !has_output && !ctl_has(ctl, "--json") &&
        process_is_terminal(stdout))
        return ctl_misuse("DER is binary, and standard output is a terminal: give --output FILE");
    return request_check_output(ctl);
}

static enum ctl_exit make(struct ctl *ctl, struct request_inf *inf, json_t *remarks) {
    struct place place = {0};
    struct entry_meta meta = {0};
    char *entry = NULL;
    enum ctl_exit status = check(ctl, inf);
    if (status == CTL_FINE)
        entry = entry_put_name(ctl, usual_name(inf), &status);
    if (status == CTL_FINE && !remember(ctl, inf, &meta))
        status = ctl_no_memory();
    if (status == CTL_FINE)
        status = place_find(ctl, &place);
    if (status == CTL_FINE)
        status = inf->type == REQUEST_INF_CERT
                     ? make_entry(ctl, &place, inf, &meta, entry, remarks)
                     : make_waiting(ctl, &place, inf, &meta, entry, remarks);
    free(entry);
    entry_meta_finish(&meta);
    place_finish(&place);
    return status;
}

enum ctl_exit request_make(struct ctl *ctl) {
    struct request_inf inf = {0};
    json_t *remarks = NULL;
    enum ctl_exit status = read_inf(ctl, &inf, &remarks);
    if (status == CTL_FINE)
        status = make(ctl, &inf, remarks);
    request_inf_finish(&inf);
    json_decref(remarks);
    return status;
}
