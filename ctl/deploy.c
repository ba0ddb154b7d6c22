/* The verb `deploy`: everything that makes clients trust the server, as files to hand out. */
#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/deploy_source.h"
#include "ctl/output_file.h"
#include "ctl/output_folder.h"
#include "ctl/text.h"
#include "report/report.h"
#include "trust/deployment_warnings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_zip(const char *path) {
    size_t size = strlen(path);
    return size > 4 && strcasecmp(path + size - 4, ".zip") == 0;
}

static enum ctl_exit out_of_memory(void) {
    return ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
}

static const char *language_of(const struct ctl *ctl) {
    const char *language = ctl_value(ctl, "--language");
    return language ? language : "en";
}

static enum ctl_exit check_options(const struct ctl *ctl) {
    const char *output = ctl_value(ctl, "--output"), *language = language_of(ctl);
    if (!output || !*output)
        return ctl_misuse("where to? Give --output FOLDER or --output FILE.zip");
    if (strcmp(language, "en") != 0 && strcmp(language, "fr") != 0 && strcmp(language, "de") != 0)
        return ctl_misuse("--language %s: there are en, fr and de", language);
    return CTL_FINE;
}

/* ---- writing ---- */

static enum ctl_exit write_folder(const struct ctl *ctl, const struct deployment_files *files) {
    struct output_entry *entries = calloc(files->count + 1, sizeof *entries);
    if (!entries)
        return out_of_memory();
    for (size_t i = 0; i < files->count; i++)
        entries[i] = (struct output_entry){files->items[i].path, files->items[i].mode,
                                           &files->items[i].content};
    enum ctl_exit status = output_folder_write(ctl_value(ctl, "--output"), entries, files->count,
                                               ctl_has(ctl, "--force"));
    free(entries);
    return status;
}

static enum ctl_exit write_zip(const struct ctl *ctl, const struct deployment_files *files) {
    const char *path = ctl_value(ctl, "--output");
    bool force = ctl_has(ctl, "--force");
    struct blob archive = {0};
    struct error err = {0};
    if (!deployment_zip(files, &archive, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = output_file_write(path, archive.data, archive.size, 0644, force);
    blob_finish(&archive);
    return status;
}

/* ---- telling of it ---- */

static const char *what_is_deployed(const char *holds) {
    if (holds && strcmp(holds, "topmost") == 0)
        return "the topmost certificate that is sent, which is no root";
    return holds && strcmp(holds, "authority") == 0 ? "the authority that issued the certificate"
                                                    : "the certificate itself";
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *certificate = json_object_get(answer, "certificate");
    const char *output = answer_text(answer, "output"), *host = answer_text(answer, "host");
    struct buffer validity = {0};
    utf8_append_printable(out, output ? output : "?");
    buffer_append_text(out, " is written\n");
    text_field(out, "entry", answer_text(answer, "entry"));
    text_field(out, "deploys", what_is_deployed(answer_text(answer, "holds")));
    text_field(out, "subject", answer_text(certificate, "subject"));
    text_append_validity(&validity, answer_integer(certificate, "not_before"),
                         answer_integer(certificate, "not_after"), now);
    text_field(out, "valid", validity.data);
    text_field(out, "SHA-256", answer_text(certificate, "fingerprint"));
    text_field(out, "SHA-1", answer_text(certificate, "thumbprint"));
    text_field(out, "for", host);
    buffer_finish(&validity);
    buffer_append_text(out,
                       "\nREADME.txt in it says which file is for whom. Tell people the SHA-256 "
                       "by another way than\nthe one the files take.\n");
}

static json_t *paths_of(const struct deployment_files *files) {
    json_t *paths = json_array();
    for (size_t i = 0; i < files->count; i++)
        json_array_append_new(paths, json_string(files->items[i].path));
    return paths;
}

/* ---- what is to be minded ---- */

static bool add_remark(const struct ctl *ctl, const struct trust_remark *remark,
                       struct string_list *warnings) {
    struct buffer text = {0};
    buffer_printf(&text, "%s; ", remark->text);
    command_line_append_mend(ctl, remark->mend, &text);
    bool ok = !text.failed && string_list_add(warnings, text.data);
    buffer_finish(&text);
    return ok;
}

/* Who will refuse the server although he trusts what is deployed. */
static bool judge(const struct ctl *ctl, const struct deployment *deployment,
                  struct deploy_source *source, struct error *err) {
    const struct cert *cert = source->entry.cert;
    struct trust_remarks remarks = {0};
    const struct deployment_look look = {.chain = cert_chain(cert, 0),
                                         .count = cert_chain_count(cert),
                                         .host = deployment->host,
                                         .host_is_named = source->host_is_named,
                                         .has_staple = cert_staple(cert, ctl->now) != NULL,
                                         .now = ctl->now};
    if (!deployment_warnings(deployment, &look, &remarks, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < remarks.count; i++)
        ok = add_remark(ctl, &remarks.items[i], &source->warnings);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    trust_remarks_finish(&remarks);
    return ok;
}

static json_t *tell_warnings(const struct string_list *list) {
    json_t *warnings = json_array();
    for (size_t i = 0; i < list->count; i++) {
        ctl_warn("warning: %s", list->items[i]);
        json_array_append_new(warnings, report_text(list->items[i]));
    }
    return warnings;
}

static enum ctl_exit tell(struct ctl *ctl, const struct deploy_source *source,
                          const struct deployment *deployment,
                          const struct deployment_files *files) {
    const char *output = ctl_value(ctl, "--output");
    const char *holds = !deployment->info->self_issued ? "topmost"
                        : deployment->is_authority     ? "authority"
                                                       : "certificate";
    json_t *answer =
        json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:b, s:o, s:o}", "entry",
                  report_text(cert_name(source->entry.cert)), "output", report_text(output), "form",
                  is_zip(output) ? "zip" : "folder", "language", deployment->language, "host",
                  report_text(deployment->host), "port",
                  deployment->port > 0 ? json_integer(deployment->port) : json_null(), "holds",
                  holds, "certificate", report_certificate(deployment->anchor, NULL), "signed",
                  (int)(deployment->signer != NULL), "files", paths_of(files), "warnings",
                  tell_warnings(&source->warnings));
    return ctl_answer(ctl, answer, print, deployment->info->self_issued ? CTL_FINE : CTL_ATTENTION);
}

static enum ctl_exit deploy(struct ctl *ctl, struct deploy_source *source) {
    const struct deployment deployment = {
        .anchor = &source->anchor,
        .info = &source->anchor_info,
        .is_authority = deploy_source_is_authority(source),
        .host = source->host,
        .port = source->port,
        .language = language_of(ctl),
        .signer = source->signer.chain_count > 0 ? &source->signer : NULL,
    };
    struct deployment_files files = {0};
    struct error err = {0};
    if (!judge(ctl, &deployment, source, &err) || !deployment_make(&deployment, &files, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status =
        is_zip(ctl_value(ctl, "--output")) ? write_zip(ctl, &files) : write_folder(ctl, &files);
    if (status == CTL_FINE)
        status = tell(ctl, source, &deployment, &files);
    deployment_files_finish(&files);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct deploy_source source = {0};
    enum ctl_exit status = check_options(ctl);
    if (status == CTL_FINE)
        status = deploy_source_find(ctl, &source);
    if (status == CTL_FINE)
        status = deploy(ctl, &source);
    deploy_source_finish(&source);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--output",
     .value = "PATH",
     .help = "a new folder, or a file that ends in .zip",
     .completion = CTL_COMPLETE_FILE},
    {.name = "--host",
     .value = "HOST[:PORT]",
     .help = "by which clients open the server (the certificate's first name)"},
    {.name = "--language",
     .value = "LANGUAGE",
     .help = "of the texts: en (the default), fr, de",
     .completion = CTL_COMPLETE_WORDS,
     .words = "en fr de"},
    {.name = "--sign",
     .value = "ENTRY|FILE",
     .help = "sign Apple's profile with this entry, or the key and chain in a PEM file",
     .completion = CTL_COMPLETE_ENTRY},
    {.name = "--force", .help = "replace what an earlier run wrote there"},
    {0},
};

const struct ctl_verb verb_deploy = {
    .name = "deploy",
    .arguments = "[NAME]",
    .summary = "write everything that makes clients trust the server",
    .help =
        "Writes files for Windows' Group Policy, Firefox, Chromium, Linux, Apple's systems, Android\n"
        "and Java, with scripts that install and remove them, and a README that says which file is\n"
        "for whom. What is deployed is the certificate itself where it is self-signed, else the\n"
        "authority that issued it. NAME is the entry; without one, what the daemon serves.\n",
    .most_arguments = 1,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
