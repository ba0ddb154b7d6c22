#include "certs/store_take.h"

#include <string.h>

#define MS_NS INT64_C(1000000)

bool store_is_refusal(const struct store_problem *problem) {
    return problem->kind != CERT_STORE_IGNORED;
}

static bool any_refusal(const struct store_problem *list) {
    for (; list; list = list->next)
        if (store_is_refusal(list))
            return true;
    return false;
}

/* What was reported and is still so is not reported again. */
static void replace_problems(struct store_entry *entry, struct store_problem *fresh) {
    for (struct store_problem *problem = fresh; problem; problem = problem->next)
        for (const struct store_problem *old = entry->problems; old; old = old->next)
            if (old->kind == problem->kind && strcmp(old->file, problem->file) == 0 &&
                strcmp(old->reason, problem->reason) == 0)
                problem->reported |= old->reported;
    store_problems_destroy(entry->problems);
    entry->problems = fresh;
}

static void set_news(struct store_entry *entry, enum cert_store_event_kind kind) {
    /* News that could not be told yet, for want of a set: the last word counts. */
    if (entry->has_news && entry->news == CERT_STORE_ADDED && kind != CERT_STORE_REMOVED)
        return;
    entry->has_news = true;
    entry->news = kind;
}

bool store_is_settled(const struct store_entry *entry, const struct store_view *view) {
    return view->now_ns - entry->changed_ns >= CERT_STORE_SETTLE_MS * MS_NS;
}

static bool same_chain(const struct cert *a, const struct cert *b) {
    if (cert_chain_count(a) != cert_chain_count(b))
        return false;
    for (size_t i = 0; i < cert_chain_count(a); i++)
        if (!blob_equal(cert_chain(a, i), cert_chain(b, i)))
            return false;
    return true;
}

static bool ends_with_root(const struct cert *cert) {
    struct cert_info info;
    if (!cert_info_read(cert_chain(cert, cert_chain_count(cert) - 1), &info, NULL))
        return false;
    bool is_root = info.self_issued;
    cert_info_finish(&info);
    return is_root;
}

/* Files that are being written can look whole: a chain cut off between two certificates, a staple
 * that is not there yet. Where the last good version has more, it serves until they have settled.
 */
static bool may_be_half_written(const struct cert *last, const struct store_verdict *verdict) {
    if (same_chain(last, verdict->cert))
        return verdict->is_staple_refused;
    return cert_chain_count(verdict->cert) < cert_chain_count(last) &&
           !ends_with_root(verdict->cert);
}

/* Takes the certificate. True if what is served changed. */
static bool serve(struct store_entry *entry, struct store_verdict *verdict,
                  const struct store_view *view) {
    bool is_new = !entry->cert;
    if (!is_new && cert_same(entry->cert, verdict->cert)) {
        entry->staple_until = verdict->staple_until;
        return false;
    }
    if (!is_new && !store_is_settled(entry, view) && may_be_half_written(entry->cert, verdict)) {
        entry->is_waiting = true;
        entry->is_judged = false;
        entry->judge_again = true;
        return false;
    }
    /* Served without its staple it is still the same certificate; the refusal tells of it. */
    bool is_news = is_new || !verdict->is_staple_refused || !same_chain(entry->cert, verdict->cert);
    cert_release(entry->cert);
    entry->cert = verdict->cert;
    entry->staple_until = verdict->staple_until;
    verdict->cert = NULL;
    if (is_news)
        set_news(entry, is_new ? CERT_STORE_ADDED : CERT_STORE_REPLACED);
    return true;
}

static bool remove_entry(struct store_entry *entry) {
    entry->is_judged = false;
    entry->is_blamed = false;
    entry->staple_until = 0;
    if (!entry->cert)
        return false;
    cert_release(entry->gone);
    entry->gone = entry->cert;
    entry->cert = NULL;
    set_news(entry, CERT_STORE_REMOVED);
    return true;
}

static bool has_source(const struct store_entry *entry) {
    struct store_sources sources = store_entry_sources(entry);
    return sources.certificate || sources.key;
}

bool store_take(struct store_entry *entry, struct store_verdict *verdict,
                const struct store_view *view) {
    bool changed = false;
    if (verdict->is_same)
        return false;
    replace_problems(entry, verdict->problems);
    verdict->problems = NULL;
    entry->is_waiting = false;
    entry->is_refused = !verdict->cert;
    if (verdict->cert)
        changed = serve(entry, verdict, view);
    else if (!has_source(entry))
        changed = remove_entry(entry);
    if (!entry->is_refused && !entry->is_waiting && entry->is_blamed &&
        !any_refusal(entry->problems)) {
        entry->is_blamed = false;
        if (!entry->has_news)
            set_news(entry, CERT_STORE_MENDED);
    }
    return changed;
}
