#include "trust/deployed_anchor.h"

#include "trust/facts.h"

#include <string.h>

enum { MOST_STEPS = 8 };

/* ---- who issued it ---- */

static bool contains(const struct blob *text, struct fact_span part) {
    for (size_t i = 0; part.size > 0 && i + part.size <= text->size; i++)
        if (memcmp(text->data + i, part.data, part.size) == 0)
            return true;
    return false;
}

static bool has_issued(const struct facts *candidate, const struct facts *facts) {
    return candidate->is_authority && fact_span_equal(candidate->subject, facts->issuer) &&
           facts_names_key_of(facts, candidate) && facts_signed_by(facts, candidate);
}

struct search {
    const struct facts *facts; /* whose issuer is sought */
    const struct blob *found;  /* borrowed; NULL: not yet */
    bool is_root;              /* what was found is its own issuer */
};

/* A root comes before a certificate of the same authority that leads on. */
static void try(struct search *search, const struct blob *der) {
    struct facts candidate;
    struct error unheard = {0};
    /* Most of a large store is not worth reading: the name is not even in it. */
    if (search->is_root || !contains(der, search->facts->issuer) ||
        !facts_gather(der, &candidate, &unheard))
        return;
    bool is_root = facts_is_self_issued(&candidate);
    if (has_issued(&candidate, search->facts) && (is_root || !search->found)) {
        search->found = der;
        search->is_root = is_root;
    }
    facts_finish(&candidate);
}

static const struct blob *issuer_of(const struct facts *facts,
                                    const struct deployed_anchor_places *places) {
    struct search search = {.facts = facts};
    const struct cert_set *set = places->entries;
    if (places->authority)
        try(&search, places->authority);
    for (size_t i = 0; set && i < cert_set_count(set); i++) {
        const struct cert *cert = cert_set_at(set, i);
        for (size_t k = 0; k < cert_chain_count(cert); k++)
            try(&search, cert_chain(cert, k));
    }
    return search.found;
}

/* ---- the way up ---- */

/* `top` and all above it, as far as it is known. */
static bool find_root(const struct blob *top, const struct deployed_anchor_places *places,
                      const struct blob **out, struct error *err) {
    for (size_t step = 0; step < MOST_STEPS; step++) {
        struct facts facts;
        if (!facts_gather(top, &facts, err))
            return false;
        const struct blob *above = facts_is_self_issued(&facts) ? NULL : issuer_of(&facts, places);
        facts_finish(&facts);
        if (!above)
            break;
        top = above;
    }
    *out = top;
    return true;
}

/* The same name and key, and it does not end earlier. */
static bool renews(const struct blob *renewed, const struct blob *root) {
    struct facts one, other;
    struct error unheard = {0};
    if (!facts_gather(root, &one, &unheard))
        return false;
    bool is_later = false;
    if (facts_gather(renewed, &other, &unheard)) {
        is_later = fact_span_equal(one.subject, other.subject) &&
                   fact_span_equal(one.public_key, other.public_key) &&
                   other.not_after >= one.not_after;
        facts_finish(&other);
    }
    facts_finish(&one);
    return is_later;
}

bool deployed_anchor_find(const struct cert *cert, const struct deployed_anchor_places *places,
                          struct blob *out, struct error *err) {
    const struct blob *root = NULL;
    if (!find_root(cert_anchor(cert), places, &root, err))
        return false;
    if (places->authority && renews(places->authority, root))
        root = places->authority;
    if (blob_copy(root->data, root->size, out))
        return true;
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}
