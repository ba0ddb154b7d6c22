#include "certs/cert_set.h"

#include "certs/cert_index.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct cert_set {
    atomic_size_t references;
    struct cert **certs; /* by name */
    size_t count;
    struct cert *generated;   /* one of them, or NULL */
    struct cert_index *index; /* of the operator's */
    unsigned char digest[CERT_SET_DIGEST_SIZE];
};

/* ---- life ---- */

static int compare_names(const void *left, const void *right) {
    const struct cert *const *a = left, *const *b = right;
    return strcmp(cert_name(*a), cert_name(*b));
}

static void sort_by_name(struct cert **certs, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (compare_names(&certs[i - 1], &certs[i]) > 0) {
            qsort(certs, count, sizeof(struct cert *), compare_names);
            return;
        }
}

/* Where the entry stands, SIZE_MAX if there is none. */
static size_t place_of(const struct cert_set *set, const char *name) {
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(cert_name(set->certs[middle]), name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

static void destroy(struct cert_set *set) {
    cert_index_destroy(set->index);
    for (size_t i = 0; i < set->count; i++)
        cert_release(set->certs[i]);
    free(set->certs);
    free(set);
}

/* Fingerprints added up, each turned by its place: cheap, and no two swapped entries cancel out. It
 * is no secret and guards nothing, so it need not resist anybody. */
static void add_up_digest(struct cert_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        const unsigned char *fingerprint = cert_info(set->certs[i])->fingerprint;
        unsigned carry = 0;
        for (size_t byte = 0; byte < CERT_SET_DIGEST_SIZE; byte++) {
            carry += set->digest[byte] + fingerprint[(byte + i) % CERT_FINGERPRINT_SIZE];
            set->digest[byte] = (unsigned char)carry;
            carry >>= 8;
        }
    }
}

const unsigned char *cert_set_digest(const struct cert_set *set) {
    return set->digest;
}

bool cert_set_create(struct cert *const *certs, size_t count, struct cert_set **out,
                     struct error *err) {
    struct cert_set *set = calloc(1, sizeof *set);
    if (set)
        set->certs = calloc(count ? count : 1, sizeof(struct cert *));
    if (!set || !set->certs) {
        free(set);
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    atomic_init(&set->references, 1);
    for (; set->count < count; set->count++)
        set->certs[set->count] = cert_acquire(certs[set->count]);
    sort_by_name(set->certs, count);
    add_up_digest(set);
    size_t generated = place_of(set, CERT_GENERATED_NAME);
    if (generated != SIZE_MAX)
        set->generated = set->certs[generated];
    if (!cert_index_create(set->certs, count, generated, &set->index, err)) {
        destroy(set);
        return false;
    }
    *out = set;
    return true;
}

/* A set never changes but in its count, which every holder may touch. */
struct cert_set *cert_set_acquire(const struct cert_set *set) {
    struct cert_set *shared = (struct cert_set *)set;
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

void cert_set_release(struct cert_set *set) {
    if (set && atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) == 1)
        destroy(set);
}

size_t cert_set_count(const struct cert_set *set) {
    return set->count;
}

const struct cert *cert_set_at(const struct cert_set *set, size_t i) {
    return set->certs[i];
}

const struct cert *cert_set_entry(const struct cert_set *set, const char *name) {
    size_t place = place_of(set, name);
    return place == SIZE_MAX ? NULL : set->certs[place];
}

/* ---- choice ---- */

static bool is_usable(const struct cert *cert, const struct cert_wanted *wanted) {
    return (cert_info(cert)->key_type & wanted->key_types) != 0;
}

/* Which of two comes first: by age and then by key for the newest, by key and then by age among
 * those of one name. */
static bool is_better(const struct cert_set *set, const struct cert_index_found *a,
                      const struct cert_index_found *b, bool age_first) {
    const struct cert_info *left = cert_info(set->certs[a->at]),
                           *right = cert_info(set->certs[b->at]);
    if (a->is_valid != b->is_valid)
        return a->is_valid;
    bool keys_differ = (left->key_type == CERT_KEY_ECDSA) != (right->key_type == CERT_KEY_ECDSA);
    if (left->not_before != right->not_before && (age_first || !keys_differ))
        return left->not_before > right->not_before;
    if (keys_differ)
        return left->key_type == CERT_KEY_ECDSA;
    return a->at < b->at;
}

/* The best under a key of the index, of the key types the client can use. */
static const struct cert *best(const struct cert_set *set, enum cert_index_kind kind,
                               const char *text, const struct cert_wanted *wanted) {
    static const enum cert_key_type types[] = {CERT_KEY_ECDSA, CERT_KEY_RSA, CERT_KEY_RSA_PSS,
                                               CERT_KEY_EDDSA};
    bool any = false;
    struct cert_index_found first = {0};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct cert_index_found found;
        if ((types[i] & wanted->key_types) == 0 ||
            !cert_index_best(set->index, kind, text, types[i], wanted->now, &found))
            continue;
        if (!any || is_better(set, &found, &first, kind == CERT_INDEX_ALL))
            first = found;
        any = true;
    }
    return any ? set->certs[first.at] : NULL;
}

static const struct cert *best_by_name(const struct cert_set *set,
                                       const struct cert_wanted *wanted) {
    const struct cert *cert = NULL;
    if (wanted->server_name) {
        const char *parent = strchr(wanted->server_name, '.');
        cert = best(set, CERT_INDEX_NAME, wanted->server_name, wanted);
        if (!cert && parent && parent != wanted->server_name)
            cert = best(set, CERT_INDEX_WILDCARD, parent, wanted);
    } else if (wanted->address) {
        cert = best(set, CERT_INDEX_ADDRESS, wanted->address, wanted);
    }
    return cert;
}

const struct cert *cert_set_choose(const struct cert_set *set, const struct cert_wanted *wanted,
                                   enum cert_choice *choice) {
    enum cert_choice rule = CERT_CHOICE_PIN;
    const struct cert *cert = wanted->pin ? cert_set_entry(set, wanted->pin) : NULL;
    if (cert && !is_usable(cert, wanted))
        cert = NULL;
    if (!cert) {
        rule = CERT_CHOICE_NAME;
        cert = best_by_name(set, wanted);
    }
    if (!cert) {
        rule = CERT_CHOICE_NEWEST;
        cert = best(set, CERT_INDEX_ALL, "", wanted);
    }
    if (!cert) {
        rule = CERT_CHOICE_GENERATED;
        cert = set->generated && is_usable(set->generated, wanted) ? set->generated : NULL;
    }
    if (choice)
        *choice = cert ? rule : CERT_CHOICE_NONE;
    return cert;
}
