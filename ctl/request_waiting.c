/* `request --list` and `request --cancel`: keys that wait for their certificates. */
#include "base/time_text.h"
#include "certs/waiting.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/request.h"
#include "ctl/text.h"
#include "ctl/waiting_folders.h"
#include "report/report.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS = 2, COLUMNS = 4 };

struct listing {
    const char *folder;
    json_t *list;
    bool failed; /* memory */
};

/* RFC 4514; NULL if it cannot be read. Newly allocated. */
static char *subject_of(const struct blob *request) {
    gnutls_x509_crq_t parsed = NULL;
    gnutls_datum_t der = {request->data, (unsigned)request->size}, name = {0};
    char *subject = NULL;
    if (gnutls_x509_crq_init(&parsed) == 0 &&
        gnutls_x509_crq_import(parsed, &der, GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crq_get_dn3(parsed, &name, 0) == 0)
        subject = strndup((const char *)name.data, name.size);
    gnutls_free(name.data);
    gnutls_x509_crq_deinit(parsed);
    return subject;
}

static void add(void *context, const struct waiting_key *key) {
    struct listing *listing = context;
    char *subject = subject_of(&key->request), *pem = request_pem(&key->request);
    struct buffer file = {0};
    buffer_printf(&file, "%s/%s.pem", listing->folder, key->name);
    char *path = buffer_take(&file);
    json_t *item =
        json_pack("{s:o, s:o, s:o, s:o, s:b, s:I, s:o}", "entry", report_text(key->name), "file",
                  path ? report_text(path) : NULL, "subject", report_text(subject), "friendly_name",
                  report_text(key->meta.friendly_name), "exportable", key->meta.exportable, "made",
                  (json_int_t)key->meta.made, "csr", report_text(pem));
    if (!item || json_array_append_new(listing->list, item) != 0)
        listing->failed = true;
    free(path);
    free(pem);
    free(subject);
}

static void print_list(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *list = json_object_get(answer, "waiting"), *item = NULL;
    struct text_table table = {.columns = COLUMNS};
    static const char *const heads[COLUMNS] = {"ENTRY TO BE", "MADE", "SUBJECT", "FRIENDLY NAME"};
    size_t i = 0;
    (void)now;
    if (json_array_size(list) == 0) {
        buffer_append_text(out, "no key waits\n");
        return;
    }
    for (size_t column = 0; column < COLUMNS; column++)
        text_table_add(&table, heads[column]);
    json_array_foreach(list, i, item) {
        char made[TIME_TEXT_SIZE];
        int64_t at = answer_integer(item, "made");
        text_table_add(&table, answer_text(item, "entry"));
        text_table_add(&table, at ? time_text_date(at, made) : NULL);
        text_table_add(&table, answer_text(item, "subject"));
        text_table_add(&table, answer_text(item, "friendly_name"));
    }
    text_table_print(&table, "", out);
    text_table_finish(&table);
}

/* Runs `visit` with both folders. */
static enum ctl_exit with_folders(struct ctl *ctl,
                                  enum ctl_exit (*visit)(struct ctl *ctl,
                                                         char *const folders[static FOLDERS])) {
    struct place place = {0};
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE)
        return status;
    char *folders[FOLDERS] = {waiting_folder(&place), waiting_folder_of_store(&place)};
    place_finish(&place);
    if (folders[0] && folders[1])
        status = visit(ctl, folders);
    else
        status = ctl_no_memory();
    free(folders[0]);
    free(folders[1]);
    return status;
}

/* With --store alone the two are one. */
static size_t count_of(char *const folders[static FOLDERS]) {
    return strcmp(folders[0], folders[1]) == 0 ? 1 : FOLDERS;
}

static enum ctl_exit tell_waiting(struct ctl *ctl, char *const folders[static FOLDERS]) {
    struct listing listing = {.list = json_array()};
    struct error err = {0};
    for (size_t i = 0; listing.list && i < count_of(folders); i++) {
        listing.folder = folders[i];
        if (!waiting_list(folders[i], add, &listing, &err) && err.kind != ERROR_MISSING) {
            json_decref(listing.list);
            return ctl_fail(&err);
        }
    }
    json_t *answer = listing.failed ? NULL : json_pack("{s:O}", "waiting", listing.list);
    json_decref(listing.list);
    return ctl_answer(ctl, answer, print_list, CTL_FINE);
}

static void print_cancelled(const json_t *answer, int64_t now, struct buffer *out) {
    (void)answer;
    (void)now;
    buffer_append_text(out, "cancelled: the key is destroyed\n");
}

static enum ctl_exit cancel(struct ctl *ctl, char *const folders[static FOLDERS]) {
    const char *entry = ctl_value(ctl, "--cancel");
    struct error err = {0};
    struct buffer line = {0};
    for (size_t i = 0; i < count_of(folders); i++) {
        if (waiting_remove(folders[i], entry, &err))
            return ctl_answer(ctl, json_pack("{s:o}", "cancelled", report_text(entry)),
                              print_cancelled, CTL_FINE);
        if (err.kind != ERROR_MISSING)
            return ctl_fail(&err);
    }
    error_set(&err, ERROR_MISSING, "no key waits as \"%s\": \"%s\" tells which do", entry,
              command_line_text(ctl, "request --list", NULL, &line));
    buffer_finish(&line);
    return ctl_fail(&err);
}

enum ctl_exit request_list(struct ctl *ctl) {
    return with_folders(ctl, tell_waiting);
}

enum ctl_exit request_cancel(struct ctl *ctl) {
    return with_folders(ctl, cancel);
}
