#include "trust/known.h"

#include "trust/anchors.h"

#include <stdlib.h>
#include <string.h>

enum { UNTRIED = 0, NO = 1, YES = 2 };
enum { NOWHERE = -1 };

static bool no_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "chain: out of memory");
    return false;
}

void known_finish(struct known *known) {
    for (size_t i = 0; i < known->count; i++)
        facts_finish(&known->items[i].facts);
    free(known->items);
    free(known->sent);
    free(known->signed_by);
    *known = (struct known){0};
}

static long place_of(const struct known *known, const struct blob *der) {
    for (size_t i = 0; i < known->count; i++)
        if (blob_equal(&known->items[i].facts.der, der))
            return (long)i;
    return NOWHERE;
}

/* Its place; NOWHERE: it cannot be read, or out of memory. */
static long add(struct known *known, const struct blob *der, struct error *err) {
    long place = place_of(known, der);
    if (place != NOWHERE)
        return place;
    if (known->count == known->capacity) {
        size_t capacity = known->capacity ? known->capacity * 2 : 8;
        struct known_certificate *items = realloc(known->items, capacity * sizeof *items);
        if (!items) {
            no_memory(err);
            return NOWHERE;
        }
        known->items = items;
        known->capacity = capacity;
    }
    struct known_certificate one = {0};
    if (!facts_gather(der, &one.facts, err))
        return NOWHERE;
    known->items[known->count] = one;
    return (long)known->count++;
}

static bool add_sent(struct known *known, const struct trust_evidence *evidence,
                     struct error *err) {
    known->sent = calloc(evidence->count + 1, sizeof *known->sent);
    if (!known->sent)
        return no_memory(err);
    for (size_t i = 0; i < evidence->count; i++) {
        struct error own = {0};
        long place = add(known, &evidence->chain[i], &own);
        if (place == NOWHERE && (i == 0 || own.kind == ERROR_MEMORY)) {
            error_set(err, own.kind, "%s", own.text);
            return false;
        }
        if (place == NOWHERE)
            continue;
        known->items[place].is_sent = true;
        known->sent[known->sent_count++] = (size_t)place;
    }
    if (known->count > 0)
        return true;
    error_set(err, ERROR_INPUT, "the chain is empty");
    return false;
}

/* ---- of those that are trusted ---- */

/* Somebody's issuer, or one that was sent under the same name. */
static bool concerns(const struct known *known, const char *subject) {
    for (size_t i = 0; i < known->count; i++) {
        const struct facts *facts = &known->items[i].facts;
        if (strcmp(facts->issuer_folded, subject) == 0 ||
            (known->items[i].is_sent && strcmp(facts->subject_folded, subject) == 0))
            return true;
    }
    return false;
}

/* One that cannot be read is as if it were not there. False: out of memory. */
static bool add_anchor(struct known *known, gnutls_x509_crt_t crt, struct error *err) {
    gnutls_datum_t der = {0};
    struct error own = {0};
    if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
        return no_memory(err);
    long place = add(known, &(struct blob){der.data, der.size}, &own);
    gnutls_free(der.data);
    if (place != NOWHERE)
        known->items[place].is_anchor = true;
    return own.kind != ERROR_MEMORY || no_memory(err);
}

/* Takes those that concern what is known: a system trusts more than a hundred, and few of them
 * matter. `more`: some were taken, and may have issuers among those that were passed over. */
static bool add_anchors(struct known *known, const struct trust_anchors *anchors, bool *more,
                        struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && anchors && i < anchors->count; i++) {
        if (!concerns(known, anchors->subjects[i]))
            continue;
        size_t before = known->count;
        ok = add_anchor(known, anchors->items[i], err);
        *more |= known->count > before;
    }
    return ok;
}

static bool add_all_anchors(struct known *known, const struct trust_evidence *evidence,
                            struct error *err) {
    bool more = true, ok = true;
    while (ok && more) {
        more = false;
        ok = add_anchors(known, evidence->anchors, &more, err) &&
             add_anchors(known, evidence->more, &more, err);
    }
    return ok;
}

bool known_gather(const struct trust_evidence *evidence, struct known *out, struct error *err) {
    struct known known = {0};
    bool ok = add_sent(&known, evidence, err) && add_all_anchors(&known, evidence, err);
    if (ok) {
        known.signed_by = calloc(known.count * known.count, 1);
        ok = known.signed_by || no_memory(err);
    }
    if (ok)
        *out = known;
    else
        known_finish(&known);
    return ok;
}

/* ---- who issued whom ---- */

bool known_names(const struct known *known, size_t which, size_t issuer) {
    return strcmp(known->items[which].facts.issuer_folded,
                  known->items[issuer].facts.subject_folded) == 0;
}

/* A signature is tried once, however many clients ask. */
bool known_signed(const struct known *known, size_t which, size_t issuer) {
    signed char *kept = &known->signed_by[which * known->count + issuer];
    if (*kept == UNTRIED)
        *kept = facts_signed_by(&known->items[which].facts, &known->items[issuer].facts) ? YES : NO;
    return *kept == YES;
}
