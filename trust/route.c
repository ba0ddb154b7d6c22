#include "trust/route.h"

#include <string.h>

enum { MOST_ROUTES = 200, MOST_STEPS_TRIED = 5000 };
enum { NOWHERE = -1 };

struct search {
    const struct known *known;
    bool (*visit)(void *context, const struct route *route);
    void *context;
    struct route route;
    size_t told, tried;
    bool is_over;
};

static const struct facts *facts_of(const struct search *search, size_t place) {
    return &search->known->items[place].facts;
}

static size_t last_of(const struct route *route) {
    return route->steps[route->count - 1];
}

static bool has(const struct route *route, size_t place) {
    for (size_t i = 0; i < route->count; i++)
        if (route->steps[i] == place)
            return true;
    return false;
}

static void tell(struct search *search, bool is_anchored) {
    search->route.is_anchored = is_anchored;
    search->is_over |=
        !search->visit(search->context, &search->route) || ++search->told >= MOST_ROUTES;
}

static bool push(struct route *route, size_t place) {
    if (route->count == ROUTE_STEPS)
        return false;
    route->steps[route->count++] = place;
    return true;
}

/* ---- any way that holds (RFC 4158) ---- */

static bool may_follow(struct search *search, size_t place) {
    size_t last = last_of(&search->route);
    return ++search->tried < MOST_STEPS_TRIED && !has(&search->route, place) &&
           known_names(search->known, last, place) && known_signed(search->known, last, place);
}

static void seek_any(struct search *search) {
    const struct known *known = search->known;
    bool found = false;
    if (known->items[last_of(&search->route)].is_anchor) {
        tell(search, true);
        found = true;
    }
    for (size_t i = 0; i < known->count && !search->is_over; i++) {
        if (!may_follow(search, i) || !push(&search->route, i))
            continue;
        found = true;
        seek_any(search); /* NOLINT(misc-no-recursion): ROUTE_STEPS deep at most */
        search->route.count--;
    }
    if (!found)
        tell(search, false);
}

/* ---- OpenSSL: crypto/x509/x509_vfy.c, build_chain ---- */

/* Of check_sig_alg_match the part that matters: a key for RSASSA-PSS signs nothing else. */
static bool openssl_may_have_issued(const struct search *search, size_t which, size_t issuer) {
    const struct facts *own = facts_of(search, which), *above = facts_of(search, issuer);
    return known_names(search->known, which, issuer) && facts_names_key_of(own, above) &&
           facts_names_issuer_of(own, above) &&
           (above->key_kind != FACT_KEY_RSA_PSS || own->is_pss);
}

/* EXFLAG_SS. */
static bool openssl_is_self_signed(const struct search *search, size_t which) {
    return openssl_may_have_issued(search, which, which);
}

/* The first that is valid now, else the one that is valid longest. */
static long openssl_issuer(const struct search *search, bool among_anchors, int64_t now) {
    const struct known *known = search->known;
    size_t last = last_of(&search->route);
    long best = NOWHERE;
    for (size_t i = 0; i < known->count; i++) {
        const struct facts *facts = facts_of(search, i);
        bool is_there = among_anchors ? known->items[i].is_anchor : known->items[i].is_sent;
        if (!is_there || (!among_anchors && has(&search->route, i)) ||
            !openssl_may_have_issued(search, last, i))
            continue;
        if (facts->not_before <= now && now <= facts->not_after)
            return (long)i;
        if (best == NOWHERE || facts->not_after > facts_of(search, (size_t)best)->not_after)
            best = (long)i;
    }
    return best;
}

static void seek_like_openssl(struct search *search, int64_t now) {
    bool may_go_on_untrusted = true, is_anchored = false;
    for (;;) {
        size_t last = last_of(&search->route);
        bool is_self_signed = openssl_is_self_signed(search, last);
        if (is_self_signed && search->known->items[last].is_anchor) {
            is_anchored = true;
            break;
        }
        long issuer = is_self_signed ? NOWHERE : openssl_issuer(search, true, now);
        if (issuer != NOWHERE && !has(&search->route, (size_t)issuer))
            may_go_on_untrusted = false;
        else
            issuer = may_go_on_untrusted && !is_self_signed ? openssl_issuer(search, false, now)
                                                            : NOWHERE;
        if (issuer == NOWHERE || !push(&search->route, (size_t)issuer))
            break;
    }
    tell(search, is_anchored);
}

/* ---- Java: sun.security.validator.PKIXValidator, engineValidate ---- */

/* Trusted itself, or an authority's under another certificate with its name and key. */
static long java_anchor(const struct search *search, size_t which) {
    const struct known *known = search->known;
    const struct facts *facts = facts_of(search, which);
    if (known->items[which].is_anchor)
        return (long)which;
    if (which == 0)
        return NOWHERE;
    for (size_t i = 0; i < known->count; i++)
        if (known->items[i].is_anchor &&
            strcmp(facts_of(search, i)->subject_folded, facts->subject_folded) == 0 &&
            fact_span_equal(facts_of(search, i)->public_key, facts->public_key))
            return (long)i;
    return NOWHERE;
}

/* False: the anchor is not above what was sent. */
static bool java_ends_in_anchors(struct search *search) {
    const struct known *known = search->known;
    size_t last = last_of(&search->route);
    bool found = false;
    for (size_t i = 0; i < known->count && !search->is_over; i++) {
        if (!known->items[i].is_anchor || !known_names(known, last, i) || !push(&search->route, i))
            continue;
        found = true;
        tell(search, true);
        search->route.count--;
    }
    return found;
}

/* In the order sent. False: that is none, and a way is to be sought. */
static bool java_follows(struct search *search) {
    const struct known *known = search->known;
    for (size_t i = 0; i < known->sent_count; i++) {
        size_t place = known->sent[i];
        if (i > 0 && !known_names(known, last_of(&search->route), place))
            return false;
        long anchor = java_anchor(search, place);
        if (i > 0 && !push(&search->route, anchor == NOWHERE ? place : (size_t)anchor))
            return false;
        if (anchor != NOWHERE) {
            tell(search, true);
            return true;
        }
    }
    return java_ends_in_anchors(search);
}

void route_visit(const struct known *known, enum route_search search, int64_t now,
                 bool (*visit)(void *context, const struct route *route), void *context) {
    struct search one = {.known = known, .visit = visit, .context = context};
    push(&one.route, 0);
    if (search == ROUTE_OPENSSL) {
        seek_like_openssl(&one, now);
        return;
    }
    if (search == ROUTE_JAVA && java_follows(&one))
        return;
    one.route = (struct route){.steps = {0}, .count = 1, .is_searched = search == ROUTE_JAVA};
    seek_any(&one);
}
