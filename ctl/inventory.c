#include "ctl/inventory.h"

#include "base/time_text.h"
#include "base/utf8.h"
#include "certs/entry_meta.h"
#include "control/control.h"
#include "ctl/answer.h"
#include "report/report.h"

#include <string.h>
#include <threads.h>
#include <time.h>

/* Only the folder's own trouble is an error here; refused files are part of the answer. */
static void note_unreadable(void *context, const struct cert_store_event *event) {
    struct error *unreadable = context;
    if (event->kind == CERT_STORE_READABLE)
        *unreadable = (struct error){0};
    if (event->kind == CERT_STORE_UNREADABLE)
        error_set(unreadable, ERROR_PERMISSION, "%s: %s%s%s", event->file,
                  event->reason ? event->reason : "cannot be read", event->mend ? "; mend: " : "",
                  event->mend ? event->mend : "");
}

static void wait_ms(int64_t ms) {
    thrd_sleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Scans until nothing is settling: a file written just now is judged as the daemon will judge it,
 * not as if it were not there. One that goes on changing is waited for a few times only. */
static void scan_until_settled(struct cert_store *store, struct error *unreadable) {
    enum { MOST_SCANS = 8 };
    for (int i = 0; i < MOST_SCANS; i++) {
        int64_t again_in_ms = -1;
        cert_store_scan_at(store, time_now_ns(), note_unreadable, unreadable, &again_in_ms);
        bool is_settling = again_in_ms >= 0 && again_in_ms <= CERT_STORE_SETTLE_MS;
        if (!is_settling || i + 1 == MOST_SCANS)
            return;
        wait_ms(again_in_ms);
    }
}

bool inventory_read(const struct place *place, struct cert_store **out, struct error *err) {
    struct cert_store_options options = {.folder = place->store_folder,
                                         .accept_public_keys = place->accept_public_keys};
    struct cert_store *store = NULL;
    if (!cert_store_create(&options, &store, err))
        return false;
    struct error unreadable = {0};
    scan_until_settled(store, &unreadable);
    if (unreadable.kind != ERROR_NONE) {
        *err = unreadable;
        cert_store_destroy(store);
        return false;
    }
    *out = store;
    return true;
}

static bool read_files(const struct place *place, const char *entry, int64_t now, json_t **out,
                       struct error *err) {
    struct cert_store *store = NULL;
    if (!inventory_read(place, &store, err))
        return false;
    json_t *answer = NULL;
    struct report_uses unknown = {0};
    if (entry)
        answer = report_show(store, entry, unknown, now, err);
    else if (!(answer = report_list(store, unknown, now)))
        error_no_memory(err);
    cert_store_destroy(store);
    if (!answer)
        return false;
    *out = answer;
    return true;
}

static bool ask(const struct place *place, const char *entry, json_t **out, struct error *err) {
    json_t *members = NULL;
    if (entry && !(members = json_pack("{s:s}", "entry", entry))) {
        error_set(err, ERROR_INPUT, "the name of the entry is no UTF-8");
        return false;
    }
    bool ok = control_ask(place->socket, entry ? "show" : "list", members, INVENTORY_TIMEOUT_MS,
                          out, err);
    json_decref(members);
    return ok;
}

/* What the entry's file beside it says; the daemon knows nothing of that. Null where the files may
 * not be read. */
static bool add_meta(const struct place *place, json_t *entry) {
    const char *name = answer_text(entry, "name");
    struct entry_meta meta = {0};
    bool is_read = name && entry_meta_load(place->store_folder, name, &meta, NULL);
    json_t *exportable = is_read ? json_boolean(meta.exportable) : json_null();
    json_t *made = meta.made != 0 ? json_integer(meta.made) : json_null();
    bool ok = json_object_set_new(entry, "friendly_name", report_text(meta.friendly_name)) == 0 &&
              json_object_set_new(entry, "exportable", exportable) == 0 &&
              json_object_set_new(entry, "made_by", report_text(meta.made_by)) == 0 &&
              json_object_set_new(entry, "made", made) == 0;
    entry_meta_finish(&meta);
    return ok;
}

static bool add_meta_to_all(const struct place *place, const json_t *answer) {
    size_t i = 0;
    json_t *entry = json_object_get(answer, "entry");
    if (json_is_object(entry) && !add_meta(place, entry))
        return false;
    json_array_foreach(json_object_get(answer, "entries"), i, entry) {
        if (!add_meta(place, entry))
            return false;
    }
    return true;
}

bool inventory_get(const struct place *place, const char *entry, int64_t now, json_t **out,
                   struct error *err) {
    json_t *answer = NULL;
    bool asked = false;
    if (place->socket && !place->files_alone) {
        struct error why = {0};
        asked = ask(place, entry, &answer, &why);
        if (!asked && why.kind != ERROR_UNREACHABLE) {
            *err = why;
            return false;
        }
    }
    if (!asked && !read_files(place, entry, now, &answer, err))
        return false;
    answer_strip(answer);
    if (!add_meta_to_all(place, answer) ||
        json_object_set_new(answer, "source", json_string(asked ? "daemon" : "files")) != 0 ||
        json_object_set_new(answer, "store_folder", report_text(place->store_folder)) != 0) {
        error_no_memory(err);
        json_decref(answer);
        return false;
    }
    *out = answer;
    return true;
}

enum ctl_exit inventory_ask(const struct ctl *ctl, const char *entry, json_t **answer) {
    struct place place = {0};
    struct error err = {0};
    enum ctl_exit status = place_find(ctl, &place);
    if (status == CTL_FINE && !inventory_get(&place, entry, ctl->now, answer, &err))
        status = ctl_fail(&err);
    place_finish(&place);
    return status;
}

bool inventory_entry_is_fine(const json_t *entry, int64_t now) {
    return answer_integer(entry, "not_before") <= now && now <= answer_integer(entry, "not_after");
}

bool inventory_is_fine(const json_t *answer, int64_t now) {
    if (json_array_size(json_object_get(answer, "refused")) > 0)
        return false;
    const json_t *entry = json_object_get(answer, "entry");
    if (json_is_object(entry) && !inventory_entry_is_fine(entry, now))
        return false;
    size_t i = 0;
    const json_t *entries = json_object_get(answer, "entries");
    json_array_foreach(entries, i, entry) {
        if (!inventory_entry_is_fine(entry, now))
            return false;
    }
    return true;
}

bool inventory_is_of_daemon(const json_t *answer) {
    const char *source = answer_text(answer, "source");
    return source && strcmp(source, "daemon") == 0;
}

static const char *consequence(const json_t *refusal) {
    if (answer_true(refusal, "staple"))
        return "the certificate is served without it";
    if (answer_true(refusal, "kept"))
        return "the last good version is served";
    return "not served";
}

void inventory_append_refusals(const json_t *refused, struct buffer *out) {
    size_t i = 0;
    const json_t *refusal = NULL;
    if (json_array_size(refused) > 0)
        buffer_append_text(out, "\nrefused:\n");
    json_array_foreach(refused, i, refusal) {
        const char *file = answer_text(refusal, "file"), *reason = answer_text(refusal, "reason"),
                   *mend = answer_text(refusal, "mend");
        buffer_append_text(out, "  ");
        utf8_append_printable(out, file ? file : "?");
        buffer_append_text(out, "\n    ");
        utf8_append_printable(out, reason ? reason : "?");
        buffer_printf(out, "; %s\n", consequence(refusal));
        if (mend) {
            buffer_append_text(out, "    mend: ");
            utf8_append_printable(out, mend);
            buffer_append_text(out, "\n");
        }
    }
}
