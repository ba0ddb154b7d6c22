#include "daemon/cert_keeper.h"

#include "base/log.h"
#include "base/time_text.h"
#include "certs/store_change.h"
#include "daemon/cert_warnings.h"
#include "platform/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BURST_MS = 4, BUSY_MS = 50, WARNINGS_INTERVAL_MS = 3600 * 1000 };

struct cert_keeper {
    struct loop *loop;
    struct cert_slot *slot;
    void (*published)(void *context);
    void *context;

    /* Copies of the settings. */
    char *folder;
    bool accept_public_keys;
    int64_t poll_interval_ms;
    enum cert_shape shape;
    struct cert_key_choice key;
    struct string_list names, renewed;

    struct cert_store *store;
    struct watch *watch;
    struct loop_timer *burst;    /* events within a few milliseconds are one */
    struct loop_timer *again;    /* something settles, was too young to be sure, or is held */
    struct loop_timer *poll;     /* for file systems that send no events */
    struct loop_timer *warnings; /* time passes also where nothing changes */
    bool burst_set;
    bool is_held_up;     /* a certificate is to be made, and somebody holds the store's lock */
    bool watch_is_blind; /* and that was said */
    struct cert_warnings *warned;
    uint64_t generation;
    uint64_t refusals;
};

static struct first_certificate first_of(const struct cert_keeper *keeper) {
    return (struct first_certificate){keeper->shape, keeper->key, &keeper->names};
}

/* ---- the log ---- */

static void append_names(struct buffer *out, const struct cert_info *info) {
    enum { SHOWN = 20 };
    size_t count = info->dns_names.count + info->addresses.count;
    for (size_t i = 0; i < count && i < SHOWN; i++)
        buffer_printf(out, "%s%s", i ? ", " : "",
                      i < info->dns_names.count ? info->dns_names.items[i]
                                                : info->addresses.items[i - info->dns_names.count]);
    if (count > SHOWN)
        buffer_printf(out, " and %zu more", count - SHOWN);
    if (count == 0)
        buffer_printf(out, "none but the common name %s",
                      info->common_name ? info->common_name : "(none)");
}

static void log_served(const struct cert_store_event *event, const char *what) {
    const struct cert_info *info = cert_info(event->cert);
    char *fingerprint = fingerprint_text(info->fingerprint, sizeof info->fingerprint);
    char until[TIME_TEXT_SIZE];
    struct buffer names = {0};
    append_names(&names, info);
    log_notice("store", "%s %s: serial %s, SHA-256 %s, names %s, until %s", event->entry, what,
               info->serial, fingerprint ? fingerprint : "?", names.failed ? "?" : names.data,
               time_text(info->not_after, until));
    buffer_finish(&names);
    free(fingerprint);
}

static void log_refused(const struct cert_store_event *event, const char *what,
                        const char *consequence) {
    log_warning("store", "%s %s: %s%s%s%s", event->file, what, event->reason,
                event->mend ? "; mend: " : "", event->mend ? event->mend : "", consequence);
}

static void on_store_event(void *context, const struct cert_store_event *event) {
    struct cert_keeper *keeper = context;
    switch (event->kind) {
    case CERT_STORE_ADDED:
        log_served(event, "added");
        break;
    case CERT_STORE_REPLACED:
        log_served(event, "replaced");
        break;
    case CERT_STORE_REMOVED:
        log_notice("store", "%s removed: it is no longer served", event->entry);
        break;
    case CERT_STORE_REFUSED:
        keeper->refusals++;
        log_refused(event, "refused", event->kept ? "; the last good version is still served" : "");
        break;
    case CERT_STORE_MENDED:
        log_notice("store", "%s is good again: what it holds is what is served", event->entry);
        break;
    case CERT_STORE_STAPLE_REFUSED:
        keeper->refusals++;
        log_refused(event, "not stapled", "; the certificate is served without it");
        break;
    case CERT_STORE_IGNORED:
        log_debug("store", "%s ignored: %s", event->file, event->reason ? event->reason : "");
        break;
    case CERT_STORE_UNREADABLE:
        log_error("store", "%s cannot be read: %s; everything served stays as it was", event->file,
                  event->reason);
        break;
    case CERT_STORE_READABLE:
        log_notice("store", "%s can be read again", event->file);
        break;
    }
}

/* ---- looking ---- */

static void publish(struct cert_keeper *keeper) {
    const struct cert_set *set = cert_store_set(keeper->store);
    /* A service is never without a certificate: with nothing better, the last ones stay. */
    if (cert_set_count(set) == 0 && keeper->generation > 0) {
        log_error("store", "%s holds no usable certificate: the last ones are still served",
                  keeper->folder);
        return;
    }
    cert_slot_publish(keeper->slot, set);
    keeper->generation++;
}

static bool scan(struct cert_keeper *keeper) {
    int64_t again_in_ms = -1;
    bool changed =
        cert_store_scan_at(keeper->store, time_now_ns(), on_store_event, keeper, &again_in_ms);
    if (again_in_ms >= 0)
        loop_timer_set(keeper->again, again_in_ms);
    else
        loop_timer_cancel(keeper->again);
    return changed;
}

static void tell_blindness(struct cert_keeper *keeper) {
    struct error err;
    bool blind = !watch_is_complete(keeper->watch, &err);
    if (blind && !keeper->watch_is_blind)
        log_warning("store",
                    "%s: changes are found by the poll every %" PRId64
                    " seconds alone; if the system's limits are the reason, raise "
                    "fs.inotify.max_user_watches and fs.inotify.max_user_instances",
                    err.text, keeper->poll_interval_ms / 1000);
    keeper->watch_is_blind = blind;
}

/* The watch is armed before the scan that counts: while what is to be watched changes (links,
 * new folders), something may have happened before it was, so look again. */
static bool scan_watched(struct cert_keeper *keeper) {
    enum { MOST_ROUNDS = 4 }; /* the slow poll is behind it */
    bool changed = scan(keeper);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        if (!watch_set(keeper->watch, cert_store_folders(keeper->store)))
            break;
        changed |= scan(keeper);
    }
    tell_blindness(keeper);
    return changed;
}

static bool refused_entry(const struct cert_keeper *keeper, const char *name) {
    for (size_t i = 0; i < cert_store_refusal_count(keeper->store); i++)
        if (strcmp(cert_store_refusal_at(keeper->store, i).entry, name) == 0)
            return true;
    return false;
}

static bool is_servable(const struct cert_keeper *keeper) {
    return cert_set_count(cert_store_set(keeper->store)) > 0;
}

/* At the start there is nothing to serve yet, and nobody to keep waiting. */
enum patience { MAY_WAIT, MUST_NOT_WAIT };

static bool begin_change(const struct cert_keeper *keeper, enum patience patience,
                         struct store_change **out, struct error *err) {
    return patience == MAY_WAIT ? store_change_begin(keeper->folder, out, err)
                                : store_change_try(keeper->folder, out, err);
}

/* The store's lock is not held while the key is made, which may take seconds. */
static bool make_generated(const struct cert_keeper *keeper, enum patience patience,
                           struct blob *pem, struct error *err) {
    const struct first_certificate first = first_of(keeper);
    return (patience == MAY_WAIT || store_change_possible(keeper->folder, err)) &&
           first_certificate_make(&first, time_now(), pem, err);
}

static bool put_generated(struct store_change *change, const struct blob *pem, struct error *err) {
    if (store_change_write(change, CERT_GENERATED_NAME ".pem", pem->data, pem->size, 0600, err))
        return store_change_commit(change, err);
    store_change_abandon(change);
    return false;
}

/* Another process may have been quicker: then what it put there is the one. */
static bool put_first(struct cert_keeper *keeper, enum patience patience, const struct blob *pem,
                      struct error *err) {
    struct store_change *change = NULL;
    if (!begin_change(keeper, patience, &change, err))
        return false;
    scan_watched(keeper);
    if (is_servable(keeper) || store_change_has(change, CERT_GENERATED_NAME)) {
        store_change_abandon(change);
        return true;
    }
    bool ok = put_generated(change, pem, err);
    scan_watched(keeper);
    return ok || is_servable(keeper);
}

static bool make_first_certificate(struct cert_keeper *keeper, enum patience patience,
                                   struct error *err) {
    struct blob pem = {0};
    bool ok = make_generated(keeper, patience, &pem, err) && put_first(keeper, patience, &pem, err);
    blob_wipe(&pem);
    if (!ok && err->kind != ERROR_BUSY)
        error_prefix(err, "the first certificate cannot be made");
    return ok;
}

/* A certificate is made where the store holds nothing that can be served. One that is refused stays
 * for somebody to look at. ERROR_BUSY: somebody is changing the store just now. */
static bool ensure_certificate(struct cert_keeper *keeper, enum patience patience,
                               struct error *err) {
    if (is_servable(keeper))
        return true;
    if (!refused_entry(keeper, CERT_GENERATED_NAME) &&
        !make_first_certificate(keeper, patience, err))
        return false;
    if (is_servable(keeper))
        return true;
    error_set(err, ERROR_INPUT,
              "%s holds no usable certificate: mend " CERT_GENERATED_NAME
              ", or remove it to have a new one made",
              keeper->folder);
    return false;
}

static void warn(struct cert_keeper *keeper) {
    const struct first_certificate first = first_of(keeper);
    cert_warnings_look(keeper->warned, cert_store_set(keeper->store), &first, &keeper->renewed,
                       time_now());
}

/* Until then everything served stays as it was. */
static void come_back(struct cert_keeper *keeper, const struct error *why) {
    if (!keeper->is_held_up)
        log_info("store", "%s: a certificate is made when that is over", why->text);
    keeper->is_held_up = true;
    loop_timer_set(keeper->again, BUSY_MS);
}

static void look(struct cert_keeper *keeper, bool anyway) {
    struct error err;
    if (!scan_watched(keeper) && !anyway && !keeper->is_held_up)
        return;
    bool has_certificate = ensure_certificate(keeper, MUST_NOT_WAIT, &err);
    if (!has_certificate && err.kind == ERROR_BUSY) {
        come_back(keeper, &err);
        return;
    }
    keeper->is_held_up = false;
    if (!has_certificate)
        log_error("store", "%s", err.text);
    publish(keeper);
    warn(keeper);
    if (keeper->published)
        keeper->published(keeper->context);
}

void cert_keeper_rescan(struct cert_keeper *keeper) {
    look(keeper, false);
}

bool cert_keeper_renew_generated(struct cert_keeper *keeper, struct error *err) {
    struct store_change *change = NULL;
    struct blob pem = {0};
    struct error why = {0};
    bool ok = make_generated(keeper, MUST_NOT_WAIT, &pem, &why) &&
              begin_change(keeper, MUST_NOT_WAIT, &change, &why) &&
              put_generated(change, &pem, &why);
    blob_wipe(&pem);
    if (ok)
        cert_keeper_rescan(keeper);
    else if (why.kind == ERROR_BUSY)
        error_prefix(&why, "somebody is changing the store just now, try again");
    if (!ok)
        *err = why;
    return ok;
}

/* ---- when to look ---- */

static void on_event(void *context) {
    struct cert_keeper *keeper = context;
    if (keeper->burst_set)
        return; /* not pushed back: a flood must not keep us from looking */
    keeper->burst_set = true;
    loop_timer_set(keeper->burst, BURST_MS);
}

static void on_burst_end(void *context) {
    struct cert_keeper *keeper = context;
    keeper->burst_set = false;
    cert_keeper_rescan(keeper);
}

static void on_again(void *context) {
    cert_keeper_rescan(context);
}

static void on_poll(void *context) {
    struct cert_keeper *keeper = context;
    cert_keeper_rescan(keeper);
    loop_timer_set(keeper->poll, keeper->poll_interval_ms);
}

static void on_warnings(void *context) {
    struct cert_keeper *keeper = context;
    warn(keeper);
    loop_timer_set(keeper->warnings, WARNINGS_INTERVAL_MS);
}

/* ---- settings, beginning and end ---- */

static bool take_settings(struct cert_keeper *keeper, const struct cert_keeper_settings *settings,
                          struct error *err) {
    char *folder = strdup(settings->store_folder);
    struct string_list names = {0}, renewed = {0};
    if (!folder || !string_list_copy(settings->first.names, &names) ||
        !string_list_copy(settings->renewed, &renewed)) {
        string_list_finish(&names);
        free(folder);
        error_set(err, ERROR_MEMORY, "store: out of memory");
        return false;
    }
    free(keeper->folder);
    string_list_finish(&keeper->names);
    string_list_finish(&keeper->renewed);
    keeper->folder = folder;
    keeper->names = names;
    keeper->renewed = renewed;
    keeper->accept_public_keys = settings->accept_public_keys;
    keeper->poll_interval_ms = settings->poll_interval_ms;
    keeper->shape = settings->first.shape;
    keeper->key = settings->first.key;
    return true;
}

static bool open_store(const struct cert_keeper_settings *settings, struct cert_store **out,
                       struct error *err) {
    const struct cert_store_options options = {settings->store_folder,
                                               settings->accept_public_keys};
    return cert_store_create(&options, out, err);
}

bool cert_keeper_create(struct loop *loop, struct cert_slot *slot,
                        const struct cert_keeper_settings *settings,
                        void (*published)(void *context), void *context, struct cert_keeper **out,
                        struct error *err) {
    struct cert_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) {
        error_set(err, ERROR_MEMORY, "store: out of memory");
        return false;
    }
    keeper->loop = loop;
    keeper->slot = slot;
    keeper->published = published;
    keeper->context = context;
    if (!take_settings(keeper, settings, err) || !open_store(settings, &keeper->store, err) ||
        !cert_warnings_create(&keeper->warned, err) ||
        !watch_create(loop, on_event, keeper, &keeper->watch, err) ||
        !loop_timer_create(loop, on_burst_end, keeper, &keeper->burst, err) ||
        !loop_timer_create(loop, on_again, keeper, &keeper->again, err) ||
        !loop_timer_create(loop, on_poll, keeper, &keeper->poll, err) ||
        !loop_timer_create(loop, on_warnings, keeper, &keeper->warnings, err))
        goto failed;
    watch_set(keeper->watch, cert_store_folders(keeper->store));
    scan_watched(keeper);
    if (!ensure_certificate(keeper, MAY_WAIT, err))
        goto failed;
    publish(keeper);
    warn(keeper);
    loop_timer_set(keeper->poll, keeper->poll_interval_ms);
    loop_timer_set(keeper->warnings, WARNINGS_INTERVAL_MS);
    *out = keeper;
    return true;
failed:
    cert_keeper_destroy(keeper);
    return false;
}

void cert_keeper_destroy(struct cert_keeper *keeper) {
    if (!keeper)
        return;
    loop_timer_destroy(keeper->burst);
    loop_timer_destroy(keeper->again);
    loop_timer_destroy(keeper->poll);
    loop_timer_destroy(keeper->warnings);
    watch_destroy(keeper->watch);
    cert_warnings_destroy(keeper->warned);
    cert_store_destroy(keeper->store);
    string_list_finish(&keeper->names);
    string_list_finish(&keeper->renewed);
    free(keeper->folder);
    free(keeper);
}

bool cert_keeper_configure(struct cert_keeper *keeper, const struct cert_keeper_settings *settings,
                           struct error *err) {
    struct cert_store *store = NULL;
    bool moved = strcmp(keeper->folder, settings->store_folder) != 0;
    if (moved && !open_store(settings, &store, err))
        return false;
    if (!take_settings(keeper, settings, err)) {
        cert_store_destroy(store);
        return false;
    }
    if (moved) {
        cert_store_destroy(keeper->store);
        keeper->store = store;
    } else {
        const struct cert_store_options options = {keeper->folder, keeper->accept_public_keys};
        cert_store_set_options(keeper->store, &options);
    }
    loop_timer_set(keeper->poll, keeper->poll_interval_ms);
    /* Another store counts as a change, also where it is as empty as a new one. */
    look(keeper, moved);
    return true;
}

void cert_keeper_publish_authority(struct cert_keeper *keeper, const struct blob *certificate) {
    struct error err = {0};
    if (!cert_slot_publish_authority(keeper->slot, certificate, &err))
        log_error("authority", "%s: what is handed out is that of the last one", err.text);
}

const struct cert_store *cert_keeper_store(const struct cert_keeper *keeper) {
    return keeper->store;
}

uint64_t cert_keeper_generation(const struct cert_keeper *keeper) {
    return keeper->generation;
}

uint64_t cert_keeper_refusals(const struct cert_keeper *keeper) {
    return keeper->refusals;
}
