#include "daemon/authority_keeper.h"

#include "base/log.h"
#include "base/time_text.h"
#include "certs/authority.h"
#include "certs/store_change.h"
#include "daemon/authority_file.h"
#include "daemon/leaf.h"
#include "daemon/pins.h"

#include <stdlib.h>
#include <string.h>

enum {
    BUSY_PAUSE_MS = 50,
    FIRST_PAUSE_MS = 2000,
    LONGEST_PAUSE_MS = 3600 * 1000,
    HOST_INTERVAL_MS = 3600 * 1000, /* how often the host's names are looked at */
};

/* A service that wants a certificate of the authority. */
struct kept {
    char *service, *entry;
    struct string_list configured; /* names */
    int64_t pause_ms;              /* after the last attempt; 0: none failed */
    int64_t retry_ms;              /* monotonic: not again before */
    bool is_held_up;               /* the store's lock was somebody else's */
    struct error said;             /* what the log was told last */
};

/* A copy of the settings. */
struct orders {
    char *store_folder;
    char *passphrase_file;
    struct cert_key_choice key;
    int64_t leaf_lifetime_s;
    struct kept *kept;
    size_t kept_count;
};

struct authority_keeper {
    struct cert_keeper *certificates;
    struct authority_file *file;
    struct loop_timer *timer;
    struct orders orders;
    struct subject_names host; /* as of the last look at them */
    int64_t host_looked_ms;    /* monotonic */
};

/* The authority with its key: opened at most once in a look, when something is to be issued. */
struct opened {
    bool tried, ok;
    struct cert_material authority;
    struct error why;
};

/* ---- settings ---- */

static void orders_finish(struct orders *orders) {
    for (size_t i = 0; i < orders->kept_count; i++) {
        free(orders->kept[i].service);
        free(orders->kept[i].entry);
        string_list_finish(&orders->kept[i].configured);
    }
    free(orders->kept);
    free(orders->store_folder);
    free(orders->passphrase_file);
    *orders = (struct orders){0};
}

static bool copy_service(const struct authority_service *service, struct kept *out) {
    out->service = strdup(service->name);
    out->entry = authority_entry(service->name);
    return out->service && out->entry && string_list_copy(service->names, &out->configured);
}

static bool orders_copy(const struct authority_keeper_settings *settings, struct orders *out) {
    *out = (struct orders){
        .store_folder = strdup(settings->store_folder),
        .passphrase_file = settings->passphrase_file ? strdup(settings->passphrase_file) : NULL,
        .key = settings->key,
        .leaf_lifetime_s = settings->leaf_lifetime_s,
        .kept = calloc(settings->service_count + 1, sizeof *out->kept),
    };
    if (!out->store_folder || (settings->passphrase_file && !out->passphrase_file) || !out->kept)
        return false;
    for (size_t i = 0; i < settings->service_count; i++) {
        out->kept_count++;
        if (!copy_service(&settings->services[i], &out->kept[i]))
            return false;
    }
    return true;
}

static bool take_settings(struct authority_keeper *keeper,
                          const struct authority_keeper_settings *settings, struct error *err) {
    struct orders orders;
    if (!orders_copy(settings, &orders)) {
        orders_finish(&orders);
        error_set(err, ERROR_MEMORY, "local authority: out of memory");
        return false;
    }
    orders_finish(&keeper->orders);
    keeper->orders = orders;
    return true;
}

/* ---- what is wanted ---- */

/* The host's names and addresses, as far as the authority may name them. */
static bool permitted_names(const struct authority_keeper *keeper, const struct leaf_issuer *issuer,
                            struct subject_names *out, struct error *err) {
    if (!leaf_permitted(&keeper->host, issuer, out)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    if (out->dns.count > 0 || out->addresses.count > 0)
        return true;
    error_set(err, ERROR_INPUT,
              "the local authority may name nothing that this host is called by: set "
              "certificate_names to what it may (mailstorectl authority show tells it)");
    return false;
}

static bool wish_of(const struct authority_keeper *keeper, const struct kept *kept,
                    const struct leaf_issuer *issuer, struct leaf_wish *out, struct error *err) {
    *out = (struct leaf_wish){.names_exact = kept->configured.count > 0,
                              .key = keeper->orders.key,
                              .lifetime_s = keeper->orders.leaf_lifetime_s};
    if (!out->names_exact)
        return permitted_names(keeper, issuer, &out->names, err);
    if (subject_names_add(&kept->configured, &out->names))
        return true;
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

/* One whose files are refused now may still be served, but not after a restart. */
static const struct cert *present(const struct authority_keeper *keeper, const struct kept *kept) {
    const struct cert_store *store = cert_keeper_store(keeper->certificates);
    for (size_t i = 0; i < cert_store_refusal_count(store); i++) {
        const struct cert_store_refusal refusal = cert_store_refusal_at(store, i);
        if (refusal.entry && !refusal.staple && strcmp(refusal.entry, kept->entry) == 0)
            return NULL;
    }
    return cert_set_entry(cert_store_set(store), kept->entry);
}

/* ---- the log ---- */

static void say(const struct authority_keeper *keeper, struct kept *kept,
                const struct error *what) {
    const struct cert *served =
        cert_set_entry(cert_store_set(cert_keeper_store(keeper->certificates)), kept->entry);
    if (strcmp(kept->said.text, what->text) == 0)
        return;
    kept->said = *what;
    if (served) {
        char until[TIME_TEXT_SIZE];
        log_warning("authority", "service %s: %s; its certificate stays the one it has, until %s",
                    kept->service, what->text, time_text(cert_info(served)->not_after, until));
    } else {
        log_warning("authority",
                    "service %s: %s; until it has a certificate of the authority, one is chosen by "
                    "name",
                    kept->service, what->text);
    }
}

static void set_issuer_ends(const struct leaf_issuer *issuer, struct error *err) {
    char until[TIME_TEXT_SIZE];
    error_set(err, ERROR_INPUT,
              "the local authority ends on %s, and what it issues can last no longer; renew it "
              "with: mailstorectl authority renew",
              time_text(issuer->not_after, until));
}

/* ---- issuing ---- */

static bool put(const struct authority_keeper *keeper, const struct kept *kept,
                const struct cert_material *material, int64_t now, struct error *err) {
    struct store_change *change = NULL;
    char made_by[] = "authority";
    const struct entry_meta meta = {.made_by = made_by, .made = now};
    if (!store_change_try(keeper->orders.store_folder, &change, err))
        return false;
    if (store_change_put(change, kept->entry, material, &meta, true, err))
        return store_change_commit(change, err);
    store_change_abandon(change);
    return false;
}

static const struct cert_material *open_authority(const struct authority_keeper *keeper,
                                                  struct opened *opened, struct error *err) {
    if (!opened->tried)
        opened->ok = authority_file_open(keeper->file, keeper->orders.passphrase_file,
                                         &opened->authority, &opened->why);
    opened->tried = true;
    if (opened->ok)
        return &opened->authority;
    *err = opened->why;
    return NULL;
}

static bool issue(const struct authority_keeper *keeper, const struct kept *kept,
                  const struct leaf_issuer *issuer, const struct leaf_wish *wish,
                  struct opened *opened, struct error *err) {
    int64_t now = time_now();
    struct cert_material leaf = {0};
    const struct server_wish server = {
        .common_name = leaf_common_name(&wish->names, kept->service),
        .dns_names = &wish->names.dns,
        .addresses = &wish->names.addresses,
        .key = wish->key,
        .not_before = leaf_begin(issuer, wish->lifetime_s, now),
        .not_after = now + wish->lifetime_s,
    };
    if (issuer->not_after <= now) {
        set_issuer_ends(issuer, err);
        return false;
    }
    const struct cert_material *authority = open_authority(keeper, opened, err);
    /* First, so that no key is made in vain; the lock is not held while one is. */
    bool ok = authority && store_change_possible(keeper->orders.store_folder, err) &&
              authority_issue(authority, &server, &leaf, err) && put(keeper, kept, &leaf, now, err);
    cert_material_finish(&leaf);
    return ok;
}

/* Also after a success: should the store not take it, the next attempt is not at once. It ends when
 * the certificate is found to be good. */
static void grow_pause(struct kept *kept) {
    kept->pause_ms = kept->pause_ms == 0 ? FIRST_PAUSE_MS : kept->pause_ms * 2;
    if (kept->pause_ms > LONGEST_PAUSE_MS)
        kept->pause_ms = LONGEST_PAUSE_MS;
    kept->retry_ms = time_monotonic_ms() + kept->pause_ms;
}

/* Somebody is changing the store: a matter of moments. */
static void come_back(struct kept *kept, const struct error *why) {
    if (!kept->is_held_up)
        log_info("authority", "service %s: %s: its certificate is issued when that is over",
                 kept->service, why->text);
    kept->is_held_up = true;
    kept->retry_ms = time_monotonic_ms() + BUSY_PAUSE_MS;
}

/* Was one issued? */
static bool issue_or_say(struct authority_keeper *keeper, struct kept *kept,
                         const struct leaf_issuer *issuer, const struct leaf_wish *wish,
                         enum leaf_state why, struct opened *opened) {
    struct error err = {0};
    bool ok = issue(keeper, kept, issuer, wish, opened, &err);
    if (!ok && err.kind == ERROR_BUSY) {
        come_back(kept, &err);
        return false;
    }
    kept->is_held_up = false;
    grow_pause(kept);
    if (!ok) {
        say(keeper, kept, &err);
        return false;
    }
    log_notice("authority", "service %s: a certificate was issued, since %s", kept->service,
               leaf_reason(why));
    kept->said = (struct error){0};
    cert_keeper_rescan(keeper->certificates);
    return true;
}

/* ---- looking ---- */

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* In how many milliseconds to look again. */
static int64_t look_at(struct authority_keeper *keeper, struct kept *kept, struct opened *opened) {
    struct error err = {0};
    struct leaf_wish wish = {0};
    int64_t due = INT64_MAX, now = time_now(), in_ms = LONGEST_PAUSE_MS;
    const struct leaf_issuer *issuer = authority_file_issuer(keeper->file, &err);
    if (!issuer || !wish_of(keeper, kept, issuer, &wish, &err)) {
        say(keeper, kept, &err); /* the watch tells when the authority changes */
        goto done;
    }
    enum leaf_state state = leaf_judge(present(keeper, kept), issuer, &wish, now, &due);
    if (state == LEAF_GOOD) {
        kept->pause_ms = kept->retry_ms = 0;
        kept->said = (struct error){0};
        in_ms = (earlier(due, now + LONGEST_PAUSE_MS / 1000) - now) * 1000;
    } else if (state == LEAF_ENDS_WITH_ISSUER) {
        set_issuer_ends(issuer, &err);
        say(keeper, kept, &err);
    } else if (time_monotonic_ms() < kept->retry_ms ||
               !issue_or_say(keeper, kept, issuer, &wish, state, opened)) {
        in_ms = kept->retry_ms - time_monotonic_ms();
    } else {
        in_ms = 0; /* to see that it is good */
    }
done:
    subject_names_finish(&wish.names);
    return in_ms > 0 ? in_ms : 0;
}

static void look_at_host(struct authority_keeper *keeper) {
    static const struct string_list none = {0};
    struct subject_names host = {0};
    struct error err;
    keeper->host_looked_ms = time_monotonic_ms();
    if (!subject_names_gather(&none, &host, &err)) {
        log_warning("authority", "%s; certificates keep the names that they have", err.text);
        subject_names_finish(&host);
        return;
    }
    subject_names_finish(&keeper->host);
    keeper->host = host;
}

/* Its certificate is handed out also where no service wants one of it. */
static void tell_of_authority(struct authority_keeper *keeper) {
    struct error unheard = {0};
    const struct leaf_issuer *issuer = authority_file_issuer(keeper->file, &unheard);
    cert_keeper_publish_authority(keeper->certificates, issuer ? &issuer->certificate : NULL);
}

static void look(struct authority_keeper *keeper, bool anew) {
    struct opened opened = {0};
    int64_t in_ms = LONGEST_PAUSE_MS;
    if (authority_file_look(keeper->file)) {
        tell_of_authority(keeper);
        anew = true;
    }
    if (anew || time_monotonic_ms() - keeper->host_looked_ms >= HOST_INTERVAL_MS)
        look_at_host(keeper);
    for (size_t i = 0; i < keeper->orders.kept_count; i++) {
        if (anew)
            keeper->orders.kept[i].pause_ms = keeper->orders.kept[i].retry_ms = 0;
        in_ms = earlier(in_ms, look_at(keeper, &keeper->orders.kept[i], &opened));
    }
    cert_material_finish(&opened.authority);
    loop_timer_set(keeper->timer, in_ms);
}

static void on_timer(void *context) {
    look(context, false);
}

void authority_keeper_look(struct authority_keeper *keeper) {
    look(keeper, true);
}

void authority_keeper_look_soon(struct authority_keeper *keeper) {
    loop_timer_set(keeper->timer, 0);
}

/* ---- beginning and end ---- */

bool authority_keeper_create(struct loop *loop, const char *state_folder,
                             struct cert_keeper *certificates,
                             const struct authority_keeper_settings *settings,
                             struct authority_keeper **out, struct error *err) {
    struct authority_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) {
        error_set(err, ERROR_MEMORY, "local authority: out of memory");
        return false;
    }
    keeper->certificates = certificates;
    if (!authority_file_create(state_folder, &keeper->file, err) ||
        !loop_timer_create(loop, on_timer, keeper, &keeper->timer, err) ||
        !take_settings(keeper, settings, err)) {
        authority_keeper_destroy(keeper);
        return false;
    }
    look(keeper, true);
    *out = keeper;
    return true;
}

void authority_keeper_destroy(struct authority_keeper *keeper) {
    if (!keeper)
        return;
    orders_finish(&keeper->orders);
    subject_names_finish(&keeper->host);
    loop_timer_destroy(keeper->timer);
    authority_file_destroy(keeper->file);
    free(keeper);
}

bool authority_keeper_configure(struct authority_keeper *keeper,
                                const struct authority_keeper_settings *settings,
                                struct error *err) {
    if (!take_settings(keeper, settings, err))
        return false;
    look(keeper, true);
    return true;
}
