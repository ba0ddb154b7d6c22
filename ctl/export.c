/* The verb `export`: what is in the store, in the forms that others take. */
#include "certs/cert_export.h"

#include "base/utf8.h"
#include "ctl/anchor.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/entry_file.h"
#include "ctl/output_file.h"
#include "ctl/secret.h"
#include "ctl/text.h"
#include "platform/process.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

/* What is handed out, of which form and to where. */
enum holds { HOLDS_ANCHOR, HOLDS_LEAF, HOLDS_CHAIN, HOLDS_KEY };

static const struct form {
    const char *word, *ending, *title;
    enum holds holds;
    bool binary;
    unsigned mode;
} forms[] = {
    {"der", ".cer", "DER", HOLDS_ANCHOR, true, 0644},
    {"pem", ".pem", "PEM", HOLDS_ANCHOR, false, 0644},
    {"p7b", ".p7b", "PKCS#7", HOLDS_CHAIN, true, 0644},
    {"p12", ".p12", "PKCS#12", HOLDS_KEY, true, 0600},
};

struct export {
    const struct form *form;
    enum holds holds;
    bool to_stream;          /* standard output */
    char *path;              /* else */
    bool password_is_beyond; /* ASCII */
    struct place place;
    struct entry_file entry;
    struct blob anchor; /* what clients must trust for the entry */
    struct blob bytes;
};

static void export_finish(struct export *export) {
    free(export->path);
    place_finish(&export->place);
    entry_file_finish(&export->entry);
    blob_finish(&export->anchor);
    blob_wipe(&export->bytes);
}

/* ---- the command line ---- */

static const struct form *form_of(const char *word) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].word, word) == 0)
            return &forms[i];
    return NULL;
}

static enum ctl_exit check_options(const struct ctl *ctl, const struct export *export) {
    bool has_password = ctl_has(ctl, "--password-file") || ctl_has(ctl, "--password-fd");
    if (has_password && export->form->holds != HOLDS_KEY)
        return ctl_misuse(
            "a password is for --format p12 alone: what is written as %s is no secret",
            export->form->title);
    if (ctl_has(ctl, "--leaf") && export->form->holds != HOLDS_ANCHOR)
        return ctl_misuse("--leaf is for --format der and pem: %s holds the whole chain",
                          export->form->title);
    if (export->to_stream && ctl_has(ctl, "--json"))
        return ctl_misuse("--json and --output - both write to standard output: leave one out");
    if (export->to_stream && export->form->binary && process_is_terminal(stdout))
        return ctl_misuse("%s is binary, and standard output is a terminal: give --output FILE, or "
                          "--format pem",
                          export->form->title);
    return CTL_FINE;
}

static enum ctl_exit read_options(const struct ctl *ctl, struct export *export) {
    const char *word = ctl_value(ctl, "--format"), *output = ctl_value(ctl, "--output");
    export->form = form_of(word ? word : "der");
    if (!export->form)
        return ctl_misuse("--format %s: there is no such form: give der, pem, p7b or p12", word);
    export->holds = ctl_has(ctl, "--leaf") ? HOLDS_LEAF : export->form->holds;
    export->to_stream = output && strcmp(output, "-") == 0;
    enum ctl_exit status = check_options(ctl, export);
    if (status != CTL_FINE || export->to_stream)
        return status;
    struct buffer path = {0};
    if (output)
        buffer_append_text(&path, output);
    else
        buffer_printf(&path, "%s%s", ctl->arguments[0], export->form->ending);
    export->path = buffer_take(&path);
    return export->path ? CTL_FINE : ctl_no_memory();
}

/* ---- making the bytes ---- */

/* The one that is written, or that stands for all of them. */
static const struct blob *one_certificate(const struct export *export) {
    return export->holds == HOLDS_ANCHOR ? &export->anchor : cert_chain(export->entry.cert, 0);
}

/* The chain as an array; its octets stay the cert's. NULL: memory. */
static struct blob *borrow_chain(const struct cert *cert) {
    struct blob *chain = calloc(cert_chain_count(cert), sizeof *chain);
    for (size_t i = 0; chain && i < cert_chain_count(cert); i++)
        chain[i] = *cert_chain(cert, i);
    return chain;
}

static bool make_bundle(const struct export *export, struct blob *chain, const char *password,
                        struct blob *out, struct error *err) {
    const struct cert *cert = export->entry.cert;
    const char *friendly = export->entry.meta.friendly_name;
    struct cert_material material = {
        .chain = chain, .chain_count = cert_chain_count(cert), .key = *cert_key(cert)};
    return cert_export_p12(&material, friendly ? friendly : cert_name(cert), password, out, err);
}

static bool copy(const struct blob *from, struct blob *out, struct error *err) {
    return blob_copy(from->data, from->size, out) || error_no_memory(err);
}

/* `password` for PKCS#12 alone. */
static bool make_bytes(struct export *export, const char *password, struct error *err) {
    const struct cert *cert = export->entry.cert;
    const struct blob *one = one_certificate(export);
    struct blob *out = &export->bytes, *chain = NULL;
    bool ok = false;
    if (export->holds == HOLDS_ANCHOR || export->holds == HOLDS_LEAF)
        return export->form->binary ? copy(one, out, err) : cert_export_pem(one, 1, out, err);
    chain = borrow_chain(cert);
    if (!chain)
        error_no_memory(err);
    else if (export->holds == HOLDS_KEY)
        ok = make_bundle(export, chain, password, out, err);
    else
        ok = cert_export_p7b(chain, cert_chain_count(cert), out, err);
    free(chain);
    return ok;
}

static enum ctl_exit refuse_key(const struct ctl *ctl) {
    struct buffer line = {0};
    struct error err;
    error_set(
        &err, ERROR_PERMISSION,
        "the key of \"%s\" is not marked as one that may leave the store: \"%s --exportable\" "
        "marks it",
        ctl->arguments[0], command_line_text(ctl, "mark", ctl->arguments[0], &line));
    buffer_finish(&line);
    return ctl_fail(&err);
}

static bool is_ascii(const struct blob *text) {
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] >= 0x80)
            return false;
    return true;
}

static enum ctl_exit make_with_password(const struct ctl *ctl, struct export *export) {
    struct blob password = {0};
    struct error err = {0};
    if (!export->entry.meta.exportable)
        return refuse_key(ctl);
    if (!secret_get(ctl, "password", "Password for the new PKCS#12: ", true, &password, &err))
        return ctl_fail_given(&err);
    bool ok = password.size > 0;
    if (!ok)
        error_set(&err, ERROR_INPUT,
                  "the password is empty: a PKCS#12 with a key is written with a password alone");
    ok = ok && make_bytes(export, (const char *)password.data, &err);
    export->password_is_beyond = !is_ascii(&password);
    blob_wipe(&password);
    return ok ? CTL_FINE : ctl_fail_given(&err);
}

/* ---- telling of it ---- */

/* What is wrong with trusting or opening what was written; NULL: nothing. Newly allocated. */
static char *note_of(const struct export *export, const struct cert_info *written) {
    struct buffer note = {0};
    if (export->holds == HOLDS_ANCHOR && !written->self_issued)
        buffer_printf(&note,
                      "it is signed by %s, which is not in the store: clients must trust that "
                      "issuer, not what was written here",
                      written->issuer);
    else if (export->holds == HOLDS_LEAF && !written->self_issued)
        buffer_append_text(&note, "clients must trust who issued it: trusting the certificate "
                                  "itself is not enough for Chromium, OpenSSL and others");
    else if (export->password_is_beyond)
        buffer_append_text(&note, "Java opens no file whose password has characters beyond ASCII: "
                                  "for Java, write it again with another password");
    else
        return NULL;
    return buffer_take(&note);
}

/* For programs. */
static const char *word_of(const struct export *export, const struct cert_info *told) {
    if (export->holds == HOLDS_KEY)
        return "key";
    if (export->holds == HOLDS_CHAIN)
        return "chain";
    if (!told->self_issued)
        return export->holds == HOLDS_LEAF ? "leaf" : "topmost";
    return cert_chain_count(export->entry.cert) == 1 ? "certificate"
           : export->holds == HOLDS_LEAF             ? "leaf"
                                                     : "authority";
}

/* For people. */
static const char *holding(const json_t *answer) {
    static const struct {
        const char *holds, *words;
    } table[] = {
        {"certificate", "the certificate, which clients are to trust"},
        {"authority", "its authority, which clients are to trust in place of the certificate"},
        {"topmost", "the topmost certificate of its chain"},
        {"leaf", "the certificate, not what clients are to trust for it"},
        {"chain", "the certificate and its chain, without the key"},
        {"key", "the private key, the certificate and its chain"},
    };
    const char *holds = answer_text(answer, "holds");
    for (size_t i = 0; holds && i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].holds, holds) == 0)
            return table[i].words;
    return NULL;
}

static const char *title_of(const json_t *answer) {
    const char *word = answer_text(answer, "format");
    const struct form *form = form_of(word ? word : "");
    return form ? form->title : NULL;
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    const char *output = answer_text(answer, "output"), *note = answer_text(answer, "note");
    const json_t *certificate = json_object_get(answer, "certificate");
    utf8_append_printable(out, output ? output : "standard output");
    buffer_append_text(out, " is written\n");
    text_field(out, "entry", answer_text(answer, "entry"));
    text_field(out, "holds", holding(answer));
    text_field(out, "format", title_of(answer));
    text_field(out, "subject", answer_text(certificate, "subject"));
    text_field_validity(out, "valid", certificate, now);
    text_field(out, "SHA-256", answer_text(certificate, "fingerprint"));
    text_field(out, "SHA-1", answer_text(certificate, "thumbprint"));
    if (!note)
        return;
    buffer_append_text(out, "\nnote: ");
    utf8_append_printable(out, note);
    buffer_append_text(out, "\n");
}

static enum ctl_exit tell(struct ctl *ctl, const struct export *export) {
    const struct blob *der = one_certificate(export);
    struct cert_info info = {0};
    struct error err = {0};
    if (!cert_info_read(der, &info, &err))
        return ctl_fail(&err);
    char *note = note_of(export, &info);
    json_t *answer = json_pack(
        "{s:o, s:o, s:s, s:s, s:b, s:o, s:o}", "entry", report_text(cert_name(export->entry.cert)),
        "output", report_text(export->path), "format", export->form->word, "holds",
        word_of(export, &info), "key", export->holds == HOLDS_KEY, "certificate",
        report_certificate(der, NULL), "note", report_text(note));
    cert_info_finish(&info);
    /* Who asks for the leaf knows what he wants. */
    enum ctl_exit status = note && export->holds == HOLDS_ANCHOR ? CTL_ATTENTION : CTL_FINE;
    if (export->to_stream) {
        if (note)
            ctl_warn("note: %s", note);
        json_decref(answer);
    } else
        status = ctl_answer(ctl, answer, print, status);
    free(note);
    return status;
}

static enum ctl_exit run_with(struct ctl *ctl, struct export *export) {
    struct error err = {0};
    enum ctl_exit status = read_options(ctl, export);
    if (status == CTL_FINE)
        status = place_find(ctl, &export->place);
    if (status == CTL_FINE && export->path)
        status = output_file_check(export->path, ctl_has(ctl, "--force"));
    if (status != CTL_FINE)
        return status;
    if (!entry_file_read(&export->place, ctl->arguments[0], ctl->now, &export->entry, &err) ||
        !anchor_find(&export->place, export->entry.cert, &export->anchor, &err))
        return ctl_fail(&err);
    if (export->holds == HOLDS_KEY)
        status = make_with_password(ctl, export);
    else if (!make_bytes(export, NULL, &err))
        status = ctl_fail_given(&err);
    if (status != CTL_FINE)
        return status;
    if (export->to_stream)
        buffer_append(&ctl->out, export->bytes.data, export->bytes.size);
    else
        status = output_file_write(export->path, export->bytes.data, export->bytes.size,
                                   export->form->mode, ctl_has(ctl, "--force"));
    return status == CTL_FINE ? tell(ctl, export) : status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct export export = {0};
    enum ctl_exit status = run_with(ctl, &export);
    export_finish(&export);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--output",
     .value = "FILE",
     .help = "where to; \"-\" is standard output (NAME.cer, .pem, .p7b or .p12 here)",
     .completion = CTL_COMPLETE_FILE},
    {.name = "--format",
     .value = "FORM",
     .help = "der (the default), pem, p7b: the chain, p12: the chain with its key",
     .completion = CTL_COMPLETE_WORDS,
     .words = "der pem p7b p12"},
    {.name = "--leaf", .help = "the certificate itself, not what clients are to trust for it"},
    SECRET_OPTIONS("password"),
    {.name = "--force", .help = "overwrite the file if there is one"},
    {0},
};

const struct ctl_verb verb_export = {
    .name = "export",
    .arguments = "NAME",
    .summary = "write a certificate to a file, for clients to trust or with its key",
    .help =
        "Writes what clients must trust for the entry NAME: the certificate itself where it is\n"
        "self-signed, else the topmost certificate of its chain. With --format p7b the whole\n"
        "chain. Only --format p12 holds the private key; it asks for a password, and takes\n"
        "entries alone that are marked as exportable.\n",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
