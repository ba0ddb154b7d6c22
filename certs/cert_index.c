#include "certs/cert_index.h"

#include "certs/name_table.h"
#include "certs/names.h"

#include <stdlib.h>
#include <string.h>

/* What a search asks of a certificate, close together in memory. */
struct term {
    int64_t not_before, not_after;
};

/* A certificate under one key. Those under a key stand together, the latest notBefore first. */
struct ranked {
    uint32_t at;
    /* The next one that ends later: where one is over, so are all in between. With lifetimes alike,
     * a walk is one step long. */
    uint32_t longer;
};

struct key {
    const char *text;
    uint32_t hash;
    unsigned char kind, type;
    uint32_t begin, count; /* in ranked */
};

struct cert_index {
    struct cert *const *certs;
    struct term *terms; /* as certs */
    struct key *keys;
    size_t key_count;
    uint32_t *slots; /* 1 + place in keys; 0: free */
    size_t capacity; /* of slots, a power of two */
    struct ranked *ranked;
    struct string_list common_names; /* normalised, where the certificate has no other name */
};

/* ---- keys ---- */

static size_t slot_of(const struct cert_index *index, const struct key *wanted) {
    size_t mask = index->capacity - 1;
    size_t at = (wanted->hash ^ ((uint32_t)wanted->type * 0x9E3779B1U)) & mask;
    for (; index->slots[at]; at = (at + 1) & mask) {
        const struct key *key = &index->keys[index->slots[at] - 1];
        if (key->hash == wanted->hash && key->kind == wanted->kind && key->type == wanted->type &&
            strcmp(key->text, wanted->text) == 0)
            break;
    }
    return at;
}

/* ---- building ---- */

/* A certificate and a key it goes under. */
struct pair {
    uint32_t key, at;
};

struct building {
    struct cert_index *index;
    struct pair *pairs;
    size_t pair_count;
};

static void add_pair(struct building *building, enum cert_index_kind kind, const char *text,
                     uint32_t at) {
    struct cert_index *index = building->index;
    struct key key = {.text = text,
                      .hash = name_hash(text),
                      .kind = (unsigned char)kind,
                      .type = (unsigned char)cert_info(index->certs[at])->key_type};
    size_t slot = slot_of(index, &key);
    if (!index->slots[slot]) {
        index->keys[index->key_count++] = key;
        index->slots[slot] = (uint32_t)index->key_count;
    }
    uint32_t place = index->slots[slot] - 1;
    index->keys[place].count++;
    building->pairs[building->pair_count++] = (struct pair){place, at};
}

static void add_name(struct building *building, const char *name, uint32_t at) {
    if (strncmp(name, "*.", 2) == 0)
        add_pair(building, CERT_INDEX_WILDCARD, name + 1, at);
    else
        add_pair(building, CERT_INDEX_NAME, name, at);
}

/* As cert_info_names has it: the common name counts where there is no alternative name at all. */
static bool add_common_name(struct building *building, const char *common_name, uint32_t at) {
    struct string_list *kept = &building->index->common_names;
    char normal[NAME_SIZE];
    bool is_name = name_normalise(common_name, true, normal);
    if (!is_name && !address_normalise(common_name, normal))
        return true;
    if (!string_list_add(kept, normal))
        return false;
    const char *text = kept->items[kept->count - 1];
    if (is_name)
        add_name(building, text, at);
    else
        add_pair(building, CERT_INDEX_ADDRESS, text, at);
    return true;
}

static bool add_certificate(struct building *building, uint32_t at) {
    const struct cert_info *info = cert_info(building->index->certs[at]);
    add_pair(building, CERT_INDEX_ALL, "", at);
    for (size_t i = 0; i < info->dns_names.count; i++)
        add_name(building, info->dns_names.items[i], at);
    for (size_t i = 0; i < info->addresses.count; i++)
        add_pair(building, CERT_INDEX_ADDRESS, info->addresses.items[i], at);
    if (info->has_alternative_names || !info->common_name)
        return true;
    return add_common_name(building, info->common_name, at);
}

struct start {
    int64_t not_before;
    uint32_t at;
};

static int compare_starts(const void *left, const void *right) {
    const struct start *a = left, *b = right;
    if (a->not_before != b->not_before)
        return a->not_before > b->not_before ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

/* Added in order of rank, each key's certificates come out ranked. */
static bool add_by_rank(struct building *building, size_t count, size_t except) {
    struct start *starts = calloc(count ? count : 1, sizeof *starts);
    if (!starts)
        return false;
    for (size_t i = 0; i < count; i++)
        starts[i] = (struct start){building->index->terms[i].not_before, (uint32_t)i};
    qsort(starts, count, sizeof *starts, compare_starts);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = starts[i].at == except || add_certificate(building, starts[i].at);
    free(starts);
    return ok;
}

static void link_longer(const struct cert_index *index, const struct key *key) {
    uint32_t end = key->begin + key->count;
    for (uint32_t i = end; i-- > key->begin;) {
        uint32_t next = i + 1;
        while (next < end && index->terms[index->ranked[next].at].not_after <=
                                 index->terms[index->ranked[i].at].not_after)
            next = index->ranked[next].longer;
        index->ranked[i].longer = next;
    }
}

static void rank_pairs(struct building *building) {
    struct cert_index *index = building->index;
    uint32_t begin = 0;
    for (size_t i = 0; i < index->key_count; i++) {
        struct key *key = &index->keys[i];
        key->begin = begin;
        begin += key->count;
        key->count = 0;
    }
    for (size_t i = 0; i < building->pair_count; i++) {
        struct key *key = &index->keys[building->pairs[i].key];
        index->ranked[key->begin + key->count++].at = building->pairs[i].at;
    }
    for (size_t i = 0; i < index->key_count; i++)
        link_longer(index, &index->keys[i]);
}

/* At most this many keys: each certificate's names and addresses, or common name, and "". */
static size_t most_pairs(struct cert *const *certs, size_t count) {
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cert_info *info = cert_info(certs[i]);
        most += info->dns_names.count + info->addresses.count + 2;
    }
    return most;
}

bool cert_index_create(struct cert *const *certs, size_t count, size_t except,
                       struct cert_index **out, struct error *err) {
    bool ok = false;
    size_t most = most_pairs(certs, count) + 1;
    struct building building = {0};
    struct cert_index *index = NULL;
    if (most > UINT32_MAX / 4) {
        error_set(err, ERROR_INPUT, "the certificates have too many names: %zu", most);
        return false;
    }
    index = calloc(1, sizeof *index);
    if (!index)
        goto done;
    index->certs = certs;
    for (index->capacity = 16; index->capacity < 2 * most;)
        index->capacity *= 2;
    index->terms = calloc(count ? count : 1, sizeof *index->terms);
    index->keys = calloc(most, sizeof *index->keys);
    index->slots = calloc(index->capacity, sizeof *index->slots);
    index->ranked = calloc(most, sizeof *index->ranked);
    building.index = index;
    building.pairs = calloc(most, sizeof *building.pairs);
    if (!index->terms || !index->keys || !index->slots || !index->ranked || !building.pairs)
        goto done;
    for (size_t i = 0; i < count; i++) {
        const struct cert_info *info = cert_info(certs[i]);
        index->terms[i] = (struct term){info->not_before, info->not_after};
    }
    if (!add_by_rank(&building, count, except))
        goto done;
    rank_pairs(&building);
    *out = index;
    index = NULL;
    ok = true;
done:
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    free(building.pairs);
    cert_index_destroy(index);
    return ok;
}

void cert_index_destroy(struct cert_index *index) {
    if (!index)
        return;
    free(index->terms);
    free(index->keys);
    free(index->slots);
    free(index->ranked);
    string_list_finish(&index->common_names);
    free(index);
}

/* ---- searching ---- */

/* The first of the key's that has begun by now. */
static uint32_t first_begun(const struct cert_index *index, const struct key *key, int64_t now) {
    uint32_t low = key->begin, high = key->begin + key->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->terms[index->ranked[middle].at].not_before > now)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool cert_index_best(const struct cert_index *index, enum cert_index_kind kind, const char *text,
                     enum cert_key_type type, int64_t now, struct cert_index_found *out) {
    struct key wanted = {.text = text,
                         .hash = name_hash(text),
                         .kind = (unsigned char)kind,
                         .type = (unsigned char)type};
    uint32_t slot = index->slots[slot_of(index, &wanted)];
    if (!slot)
        return false;
    const struct key *key = &index->keys[slot - 1];
    uint32_t end = key->begin + key->count;
    uint32_t i = first_begun(index, key, now);
    while (i < end && index->terms[index->ranked[i].at].not_after < now)
        i = index->ranked[i].longer;
    if (i < end)
        *out = (struct cert_index_found){index->ranked[i].at, true};
    else
        *out = (struct cert_index_found){index->ranked[key->begin].at, false};
    return true;
}
