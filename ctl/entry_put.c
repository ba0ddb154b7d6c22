#include "ctl/entry_put.h"

#include "base/utf8.h"
#include "certs/store_change.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/text.h"
#include "ctl/wait.h"
#include "platform/file.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

enum { FRIENDLY_NAME_LIMIT = 256, LEAST_RSA_BITS = 2048 };

/* ---- before ---- */

char *entry_put_name(const struct ctl *ctl, const char *text, enum ctl_exit *status) {
    const char *given = ctl_value(ctl, "--entry");
    struct error err = {0};
    if (given && !entry_name_check(given, &err)) {
        *status = ctl_misuse("--entry: %s", err.text);
        return NULL;
    }
    char *name = given ? strdup(given) : entry_name_from(text);
    if (!name)
        *status = ctl_no_memory();
    return name;
}

static bool has_option(const struct ctl *ctl, const char *name) {
    for (const struct ctl_option *option = ctl->verb->options; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return true;
    return false;
}

static void set_taken(const struct ctl *ctl, const char *entry, const struct place *place,
                      struct error *err) {
    error_set(err, ERROR_EXISTS, "there is an entry \"%s\" in %s: --force takes its place%s", entry,
              place->store_folder,
              has_option(ctl, "--entry") ? ", --entry gives this one another name" : "");
}

enum ctl_exit entry_put_check(const struct ctl *ctl, const struct place *place, const char *entry) {
    struct store_change *change = NULL;
    struct error err = {0};
    if (!place_make_store(place, &err) || !store_change_begin(place->store_folder, &change, &err))
        return ctl_fail_given(&err);
    bool taken = store_change_has(change, entry);
    store_change_abandon(change);
    if (!taken || ctl_has(ctl, "--force"))
        return CTL_FINE;
    set_taken(ctl, entry, place, &err);
    return ctl_fail(&err);
}

bool entry_put_is_showable(const char *text) {
    if (!*text || strlen(text) > FRIENDLY_NAME_LIMIT)
        return false;
    for (size_t bytes = 0; *text; text += bytes) {
        uint32_t point = 0;
        bytes = utf8_read(text, &point);
        if (bytes == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0))
            return false;
    }
    return true;
}

enum ctl_exit entry_put_meta(const struct ctl *ctl, const char *made_by, struct entry_meta *meta) {
    const char *friendly = ctl_value(ctl, "--friendly-name");
    if (friendly && !entry_put_is_showable(friendly))
        return ctl_misuse("--friendly-name: give UTF-8 text of 1 to %d octets without control "
                          "characters",
                          FRIENDLY_NAME_LIMIT);
    char *name = friendly ? strdup(friendly) : NULL, *maker = strdup(made_by);
    if (!maker || (friendly && !name)) {
        free(name);
        free(maker);
        return ctl_no_memory();
    }
    if (friendly) {
        free(meta->friendly_name);
        meta->friendly_name = name;
    }
    free(meta->made_by);
    meta->made_by = maker;
    meta->made = ctl->now;
    meta->exportable |= ctl_has(ctl, "--exportable");
    return CTL_FINE;
}

bool entry_put_warn(const struct cert_info *info, int64_t now, struct string_list *warnings) {
    const struct {
        bool applies;
        const char *text;
    } all[] = {
        {info->not_after < now, "it has expired: no client takes it"},
        {info->not_before > now, "it is not valid yet: until then no client takes it"},
        {(info->key_type & (CERT_KEY_RSA | CERT_KEY_RSA_PSS)) && info->key_bits < LEAST_RSA_BITS,
         "its RSA key has less than 2048 bits: OpenSSL's clients and others refuse it"},
        {info->key_type & CERT_KEY_EDDSA, "its key is of a kind that no browser takes: make one "
                                          "with ECDSA P-256 or RSA 2048"},
        {info->is_authority,
         "it says that it is an authority (CA:TRUE), which Firefox refuses for a server: make it "
         "again without basic constraints"},
        {info->dns_names.count == 0 && info->addresses.count == 0,
         "it has no alternative names: Chromium, Firefox and programs in Go refuse it for its "
         "name, trusted or not"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].applies && !string_list_add(warnings, all[i].text))
            return false;
    return true;
}

/* ---- the answer ---- */

static json_t *export_command(const struct ctl *ctl, const char *entry) {
    struct buffer line = {0};
    command_line_append(ctl, "export", entry, &line);
    char *text = buffer_take(&line);
    json_t *string = text ? report_text(text) : NULL;
    free(text);
    return string;
}

/* Whom clients must trust: the last certificate sent if it is its own issuer, else somebody who is
 * not sent. NULL: memory. */
static json_t *anchor_members(const struct ctl *ctl, const struct cert *cert) {
    struct cert_info top = {0};
    if (!cert_info_read(cert_anchor(cert), &top, NULL))
        return NULL;
    json_t *fingerprint =
        top.self_issued ? report_fingerprint(top.fingerprint, CERT_FINGERPRINT_SIZE) : json_null();
    json_t *missing = top.self_issued ? json_null() : report_text(top.issuer);
    json_t *next = top.self_issued ? export_command(ctl, cert_name(cert)) : json_null();
    json_t *members =
        json_pack("{s:o, s:o, s:o, s:o}", "anchor", report_text(top.subject), "anchor_fingerprint",
                  fingerprint, "missing_issuer", missing, "next", next);
    cert_info_finish(&top);
    return members;
}

static json_t *describe(const struct ctl *ctl, const struct place *place,
                        const struct entry_put *put, const struct cert *cert, bool replaced) {
    const struct cert_info *info = cert_info(cert);
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s.pem", place->store_folder, put->entry);
    char *file = buffer_take(&path);
    json_t *answer = json_pack(
        "{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:b, s:o}", "entry", report_text(put->entry), //
        "file", file ? report_text(file) : NULL,                                           //
        "replaced", replaced,                                                              //
        "made_by", report_text(put->meta->made_by),                                        //
        "certificate", report_entry(cert, (struct report_uses){0}, ctl->now),              //
        "fingerprint", report_fingerprint(info->fingerprint, CERT_FINGERPRINT_SIZE),       //
        "friendly_name", report_text(put->meta->friendly_name),                            //
        "exportable", put->meta->exportable,                                               //
        "warnings", report_texts(put->warnings));
    free(file);
    json_t *anchor = anchor_members(ctl, cert);
    if (!answer || !anchor || json_object_update(answer, anchor) != 0) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(anchor);
    return answer;
}

/* ---- for people ---- */

static const char *deed(const json_t *answer) {
    static const struct {
        const char *made_by, *deed;
    } deeds[] = {{"create", "made"},
                 {"request", "made"},
                 {"authority", "issued"},
                 {"accept", "joined with its key"},
                 {"import", "taken in"}};
    const char *made_by = answer_text(answer, "made_by");
    for (size_t i = 0; made_by && i < sizeof deeds / sizeof *deeds; i++)
        if (strcmp(deeds[i].made_by, made_by) == 0)
            return deeds[i].deed;
    return "put there";
}

static void field_names(const json_t *certificate, struct buffer *out) {
    struct buffer names = {0};
    text_append_names(&names, json_object_get(certificate, "dns_names"),
                      json_object_get(certificate, "addresses"), SIZE_MAX);
    if (names.size == 0) /* without a SAN the common name is all there is */
        buffer_printf(
            &names, "none; CN=%s",
            answer_text(certificate, "common_name") ? answer_text(certificate, "common_name") : "");
    text_field(out, "names", names.data ? names.data : "");
    buffer_finish(&names);
}

static void print_next(const json_t *answer, struct buffer *out) {
    const json_t *certificate = json_object_get(answer, "certificate");
    const char *missing = answer_text(answer, "missing_issuer"),
               *anchor = answer_text(answer, "anchor"), *next = answer_text(answer, "next");
    buffer_append_text(out, "\n");
    if (missing) {
        buffer_append_text(out, "Its chain ends below ");
        utf8_append_printable(out, missing);
        buffer_append_text(out, ", whom clients must know and trust. Where that is an intermediate "
                                "authority, take its\ncertificate in as well: name its file "
                                "beside the others.\n");
        return;
    }
    if (answer_integer(certificate, "chain") > 1) {
        buffer_append_text(out, "Clients must be made to trust ");
        utf8_append_printable(out, anchor ? anchor : "its authority");
    } else
        buffer_append_text(out, "Clients must be made to trust it");
    buffer_append_text(out, "; this writes the file for that:\n  ");
    utf8_append_printable(out, next ? next : "");
    buffer_append_text(out, "\n");
}

/* Of the members that `more` can have it knows "output". */
static void print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *certificate = json_object_get(answer, "certificate");
    const char *entry = answer_text(answer, "entry");
    utf8_append_printable(out, entry ? entry : "?");
    buffer_printf(out, " is %s%s\n", deed(answer),
                  answer_true(answer, "replaced") ? ", in place of an older one" : "");
    text_field(out, "friendly name", answer_text(answer, "friendly_name"));
    field_names(certificate, out);
    text_field(out, "key", answer_text(certificate, "key"));
    text_field_validity(out, "valid", certificate, now);
    text_field(out, "SHA-256", answer_text(answer, "fingerprint"));
    text_field(out, "file", answer_text(answer, "file"));
    text_field(out, "written to", answer_text(answer, "output"));
    text_field(out, "exportable", answer_true(answer, "exportable") ? "yes" : NULL);
    wait_print(answer, out);
    text_append_warnings(out, answer);
    print_next(answer, out);
}

/* ---- putting ---- */

/* A copy that could not be written is not told as one, in `more`. */
static enum ctl_exit write_copy(const struct ctl *ctl, const struct entry_put *put, json_t *more) {
    enum ctl_exit status =
        put->write_copy ? put->write_copy(ctl, &put->material->chain[0]) : CTL_FINE;
    if (status != CTL_FINE && more)
        json_object_set_new(more, "output", json_null());
    return status;
}

/* Says on standard error why not. */
static enum ctl_exit change_store(const struct ctl *ctl, const struct place *place,
                                  const struct entry_put *put, bool *replaced) {
    struct store_change *change = NULL;
    struct error err = {0};
    if (!place_make_store(place, &err) || !store_change_begin(place->store_folder, &change, &err))
        return ctl_fail_given(&err);
    *replaced = store_change_has(change, put->entry);
    if (!store_change_put(change, put->entry, put->material, put->meta, ctl_has(ctl, "--force"),
                          &err)) {
        store_change_abandon(change);
        if (err.kind == ERROR_EXISTS)
            set_taken(ctl, put->entry, place, &err);
        return ctl_fail_given(&err);
    }
    return store_change_commit(change, &err) ? CTL_FINE : ctl_fail_given(&err);
}

enum ctl_exit entry_put(struct ctl *ctl, const struct place *place, const struct entry_put *put,
                        json_t *more) {
    bool is_put = false;
    return entry_put_then(ctl, place, put, more, &is_put);
}

enum ctl_exit entry_put_then(struct ctl *ctl, const struct place *place,
                             const struct entry_put *put, json_t *more, bool *is_put) {
    struct cert *cert = NULL;
    struct error err = {0};
    bool replaced = false;
    /* What the daemon would not serve is not put there. */
    if (!cert_create(put->entry, put->material, 0, &cert, &err)) {
        json_decref(more);
        return ctl_fail_given(&err);
    }
    enum ctl_exit status = change_store(ctl, place, put, &replaced);
    *is_put = status == CTL_FINE;
    if (*is_put) {
        enum ctl_exit copied = write_copy(ctl, put, more);
        json_t *answer = describe(ctl, place, put, cert, replaced);
        if (answer && more && json_object_update(answer, more) != 0) {
            json_decref(answer);
            answer = NULL;
        }
        if (answer)
            status =
                wait_served(ctl, place, put->entry, answer_text(answer, "fingerprint"), answer);
        status = ctl_answer(ctl, answer, print, status == CTL_FINE ? copied : status);
    }
    cert_release(cert);
    json_decref(more);
    return status;
}
