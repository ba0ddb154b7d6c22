/* The verb `verify`: does a client stay silent? The four conditions, each with what mends it. */
#include "base/time_text.h"
#include "base/utf8.h"
#include "certs/cert_read.h"
#include "certs/names.h"
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/text.h"
#include "platform/file.h"
#include "report/report.h"
#include "trust/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is judged, and by what. */
struct trial {
    struct blob *chain;
    size_t chain_count;
    struct string_list hosts;       /* normalised */
    struct trust_anchors **anchors; /* a client has any one of these */
    size_t anchors_count;
    int64_t at;
};

static void free_chain(struct blob *chain, size_t count) {
    for (size_t i = 0; i < count; i++)
        blob_finish(&chain[i]);
    free(chain);
}

static void trial_finish(struct trial *trial) {
    free_chain(trial->chain, trial->chain_count);
    string_list_finish(&trial->hosts);
    for (size_t i = 0; i < trial->anchors_count; i++)
        trust_anchors_destroy(trial->anchors[i]);
    free(trial->anchors);
}

/* ---- the chain ---- */

static bool read_chain_file(const char *path, struct trial *trial, struct error *err) {
    struct blob bytes = {0};
    if (!file_read(path, CERT_FILE_LIMIT, &bytes, NULL, err))
        return false;
    const struct cert_file file = {path, bytes.data, bytes.size};
    bool ok = cert_read_chain(&file, &trial->chain, &trial->chain_count, err);
    blob_wipe(&bytes);
    return ok;
}

/* As it is sent, from the daemon or the files: what was refused is judged as it is served. */
static bool read_chain_of_entry(const struct ctl *ctl, const struct place *place,
                                struct trial *trial, struct error *err) {
    const char *name = ctl->arguments[0];
    json_t *shown = NULL, *pem = NULL;
    struct buffer text = {0};
    size_t i = 0;
    if (!inventory_get(place, name, ctl->now, &shown, err))
        return false;
    json_array_foreach(json_object_get(json_object_get(shown, "entry"), "chain_pem"), i, pem) {
        buffer_append_text(&text, json_string_value(pem));
    }
    bool ok = false;
    const char *reason =
        answer_text(json_array_get(json_object_get(shown, "refused"), 0), "reason");
    if (text.failed)
        error_no_memory(err);
    else if (text.size == 0)
        error_set(err, ERROR_INPUT, "\"%s\" is refused, every version of it: %s", name,
                  reason ? reason : "?");
    else
        ok = cert_read_chain(&(struct cert_file){name, text.data, text.size}, &trial->chain,
                             &trial->chain_count, err);
    buffer_finish(&text);
    json_decref(shown);
    return ok;
}

/* ---- the hosts ---- */

static bool add_host(const char *text, struct trial *trial, struct error *err) {
    char host[NAME_SIZE];
    if (!address_normalise(text, host)) {
        if (!name_from_person(text, host, err)) {
            error_prefix(err, "--host");
            return false;
        }
        if (host[0] == '*') {
            error_set(err, ERROR_INPUT, "--host %s: no client asks for a pattern: give a name",
                      text);
            return false;
        }
    }
    return string_list_add_unique(&trial->hosts, host) || error_no_memory(err);
}

static bool add_given_hosts(const struct ctl *ctl, struct trial *trial, struct error *err) {
    const char *host = NULL;
    for (size_t i = 0; (host = ctl_value_at(ctl, "--host", i)); i++)
        if (!add_host(host, trial, err))
            return false;
    return true;
}

/* Some host that a name in the certificate stands for. */
static bool add_named(const char *name, struct trial *trial, struct error *err) {
    char host[NAME_SIZE], under[NAME_SIZE + 8];
    if (!name_normalise(name, true, host) && !address_normalise(name, host))
        return true; /* no client can ask for it */
    snprintf(under, sizeof under, "%s%s", host[0] == '*' ? "any." : "",
             host[0] == '*' ? host + 2 : host);
    return string_list_add_unique(&trial->hosts, under) || error_no_memory(err);
}

static bool add_own_hosts(struct trial *trial, struct error *err) {
    struct cert_info info = {0};
    if (!cert_info_read(&trial->chain[0], &info, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < info.dns_names.count; i++)
        ok = add_named(info.dns_names.items[i], trial, err);
    for (size_t i = 0; ok && i < info.addresses.count; i++)
        ok = add_named(info.addresses.items[i], trial, err);
    if (ok && !info.has_alternative_names && info.common_name)
        ok = add_named(info.common_name, trial, err);
    cert_info_finish(&info);
    if (ok && trial->hosts.count == 0) {
        error_set(err, ERROR_INPUT,
                  "the certificate names no host: give the one that clients use as --host HOST");
        return false;
    }
    return ok;
}

/* ---- the anchors ---- */

static bool read_anchors(const struct ctl *ctl, struct trial *trial, struct error *err) {
    size_t given = 0;
    while (ctl_value_at(ctl, "--anchors", given))
        given++;
    trial->anchors = calloc(given + 1, sizeof(struct trust_anchors *));
    if (!trial->anchors)
        return error_no_memory(err);
    if (given == 0) {
        trial->anchors_count = trust_anchors_of_system(&trial->anchors[0], err) ? 1 : 0;
        return trial->anchors_count == 1;
    }
    for (size_t i = 0; i < given; i++, trial->anchors_count++)
        if (!trust_anchors_of_path(ctl_value_at(ctl, "--anchors", i), &trial->anchors[i], err))
            return false;
    return true;
}

/* ---- judging ---- */

static json_t *describe(const char *host, const struct trust_judgement *judgement) {
    json_t *conditions = json_array();
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        const struct trust_finding *finding = &judgement->findings[i];
        json_array_append_new(
            conditions,
            json_pack("{s:s, s:s, s:b, s:o, s:o}", "condition", trust_conditions[i].word,
                      "sentence", trust_conditions[i].sentence, "holds", (int)finding->holds,
                      "reason", report_text(finding->reason), "mend", report_text(finding->mend)));
    }
    return json_pack("{s:o, s:b, s:o, s:o}", "host", report_text(host), "silent",
                     (int)judgement->silent, "anchor", report_text(judgement->anchor), "conditions",
                     conditions);
}

/* By the first of the anchors in which the chain ends; by the first at all, if in none. */
static json_t *judge(const struct trial *trial, const char *host, bool *silent, struct error *err) {
    struct trust_judgement best = {0};
    for (size_t i = 0; i < trial->anchors_count; i++) {
        struct trust_judgement one = {0};
        if (!trust_judge(trial->chain, trial->chain_count, host, trial->anchors[i], trial->at, &one,
                         err)) {
            trust_judgement_finish(&best);
            return NULL;
        }
        bool is_better = i == 0 || (one.silent && !best.silent) ||
                         (one.findings[TRUST_ISSUER].holds && !best.findings[TRUST_ISSUER].holds);
        trust_judgement_finish(is_better ? &best : &one);
        if (is_better)
            best = one;
    }
    json_t *told = describe(host, &best);
    if (!best.silent)
        *silent = false;
    trust_judgement_finish(&best);
    if (!told)
        error_no_memory(err);
    return told;
}

static json_t *judge_all(const struct trial *trial, bool *silent, struct error *err) {
    json_t *hosts = json_array();
    *silent = true;
    for (size_t i = 0; i < trial->hosts.count; i++) {
        json_t *told = judge(trial, trial->hosts.items[i], silent, err);
        if (!told) {
            json_decref(hosts);
            return NULL;
        }
        json_array_append_new(hosts, told);
    }
    return hosts;
}

/* ---- telling ---- */

static json_t *anchors_given(const struct ctl *ctl) {
    const char *path = NULL;
    if (!ctl_value_at(ctl, "--anchors", 0))
        return json_string("system");
    json_t *list = json_array();
    for (size_t i = 0; (path = ctl_value_at(ctl, "--anchors", i)); i++)
        json_array_append_new(list, report_text(path));
    return list;
}

static void append_anchors(const json_t *anchors, struct buffer *out) {
    buffer_append_text(out, "for clients that trust ");
    if (json_is_array(anchors))
        text_append_names(out, anchors, NULL, SIZE_MAX);
    else
        buffer_append_text(out, "what this system trusts");
}

static void print_condition(const json_t *condition, struct buffer *out) {
    bool holds = answer_true(condition, "holds");
    const char *reason = answer_text(condition, "reason"), *mend = answer_text(condition, "mend");
    buffer_printf(out, "  %-5s  %s\n", holds ? "ok" : "FAILS", answer_text(condition, "sentence"));
    if (reason) {
        buffer_append_text(out, "         ");
        utf8_append_printable(out, reason);
        buffer_append_text(out, "\n");
    }
    if (mend) {
        buffer_append_text(out, "         mend: ");
        utf8_append_printable(out, mend);
        buffer_append_text(out, "\n");
    }
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    size_t i = 0, j = 0;
    const json_t *host = NULL, *condition = NULL;
    const char *what = answer_text(answer, "entry");
    int64_t at = answer_integer(answer, "at");
    utf8_append_printable(out, what ? what : answer_text(answer, "file"));
    buffer_append_text(out, ", ");
    append_anchors(json_object_get(answer, "anchors"), out);
    if (at != now) {
        char time[TIME_TEXT_SIZE];
        buffer_printf(out, ", at %s", time_text(at, time));
    }
    buffer_append_text(out, "\n");
    json_array_foreach(json_object_get(answer, "hosts"), i, host) {
        const char *name = answer_text(host, "host"), *anchor = answer_text(host, "anchor");
        buffer_append_text(out, "\n");
        utf8_append_printable(out, name ? name : "?");
        buffer_append_text(out, answer_true(host, "silent") ? ": clients stay silent"
                                                            : ": clients WARN");
        if (anchor) {
            buffer_append_text(out, "; trusted by ");
            utf8_append_printable(out, anchor);
        }
        buffer_append_text(out, "\n");
        json_array_foreach(json_object_get(host, "conditions"), j, condition) {
            print_condition(condition, out);
        }
    }
}

static enum ctl_exit tell(struct ctl *ctl, const struct trial *trial) {
    struct error err = {0};
    bool silent = false;
    json_t *hosts = judge_all(trial, &silent, &err);
    json_t *certificate = hosts ? report_certificate(&trial->chain[0], &err) : NULL;
    if (!certificate) {
        json_decref(hosts);
        return ctl_fail_given(&err);
    }
    bool is_file = ctl_has(ctl, "--file");
    json_t *answer = json_pack("{s:o, s:o, s:o, s:o, s:I, s:b, s:o}", "entry",
                               report_text(is_file ? NULL : ctl->arguments[0]), "file",
                               report_text(ctl_value(ctl, "--file")), "certificate", certificate,
                               "anchors", anchors_given(ctl), "at", (json_int_t)trial->at, "silent",
                               (int)silent, "hosts", hosts);
    return ctl_answer(ctl, answer, print, silent ? CTL_FINE : CTL_ATTENTION);
}

/* ---- the command line ---- */

static enum ctl_exit read_options(const struct ctl *ctl, struct trial *trial) {
    const char *date = ctl_value(ctl, "--at");
    struct error err = {0};
    if (ctl_has(ctl, "--file") ? ctl->argument_count > 0 : ctl->argument_count == 0)
        return ctl_misuse("verify takes the name of an entry, or --file FILE");
    trial->at = ctl->now;
    if (date && !time_from_text(date, &trial->at))
        return ctl_misuse("--at %s: it is no date: write it as in 2027-01-31 or \"2027-01-31 "
                          "10:00:00\" (UTC)",
                          date);
    if (!add_given_hosts(ctl, trial, &err))
        return err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
    return CTL_FINE;
}

static enum ctl_exit read_chain(const struct ctl *ctl, struct trial *trial) {
    struct place place = {0};
    struct error err = {0};
    if (ctl_has(ctl, "--file"))
        return read_chain_file(ctl_value(ctl, "--file"), trial, &err) ? CTL_FINE
                                                                      : ctl_fail_given(&err);
    enum ctl_exit status = place_find(ctl, &place);
    if (status == CTL_FINE && !read_chain_of_entry(ctl, &place, trial, &err))
        status = ctl_fail(&err);
    place_finish(&place);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct trial trial = {0};
    struct error err = {0};
    enum ctl_exit status = read_options(ctl, &trial);
    if (status == CTL_FINE)
        status = read_chain(ctl, &trial);
    if (status == CTL_FINE && ((trial.hosts.count == 0 && !add_own_hosts(&trial, &err)) ||
                               !read_anchors(ctl, &trial, &err)))
        status = ctl_fail_given(&err);
    if (status == CTL_FINE)
        status = tell(ctl, &trial);
    trial_finish(&trial);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--host",
     .value = "HOST",
     .help = "the name or address that clients use, not all in the certificate",
     .many = true},
    {.name = "--anchors",
     .value = "PATH",
     .help = "file or folder of certificates that clients trust, not this system's",
     .many = true,
     .completion = CTL_COMPLETE_FILE},
    {.name = "--at", .value = "DATE", .help = "judge as on that day, such as 2027-01-31"},
    {.name = "--file",
     .value = "FILE",
     .help = "judge the certificates in this file, the server's first",
     .completion = CTL_COMPLETE_FILE},
    {0},
};

const struct ctl_verb verb_verify = {
    .name = "verify",
    .arguments = "[NAME]",
    .summary = "would clients stay silent? each condition, and what mends it",
    .help = "The four conditions under which no client warns: the certificate names the host, the\n"
            "client uses that name, the issuer is trusted, and the time is right. Exit status 1\n"
            "if one of them does not hold.\n",
    .most_arguments = 1,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
