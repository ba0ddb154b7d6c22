#include "certs/cert_index.h"

#include "certs/name_table.h"
#include "certs/names.h"

#include <stdlib.h>
#include <string.h>

/* A certificate under one key, with what a search asks of it. Those under a key stand together, the
 * latest notBefore first. */
struct ranked {
    int64_t not_before, not_after;
    uint32_t at;
    /* The next one that ends later: where one is over, so are all in between. With lifetimes alike,
     * a walk is one step long. */
    uint32_t longer;
};

struct key {
    const char *text;
    uint32_t hash;
    uint32_t begin, count; /* in ranked */
    unsigned char kind, type;
};

struct cert_index {
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
    struct cert *const *certs;
    struct pair *pairs;
    size_t pair_count;
};

static void add_pair(struct building *building, enum cert_index_kind kind, const char *text,
                     uint32_t at) {
    struct cert_index *index = building->index;
    struct key key = {.text = text,
                      .hash = name_hash(text),
                      .kind = (unsigned char)kind,
                      .type = (unsigned char)cert_info(building->certs[at])->key_type};
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

/* As cert_info_names has it: the common name counts where there is no alternative name at all. */
static const char *lone_common_name(const struct cert_info *info) {
    return info->has_alternative_names ? NULL : info->common_name;
}

static bool add_certificate(struct building *building, uint32_t at) {
    const struct cert_info *info = cert_info(building->certs[at]);
    const char *common_name = lone_common_name(info);
    add_pair(building, CERT_INDEX_ALL, "", at);
    for (size_t i = 0; i < info->dns_names.count; i++)
        add_name(building, info->dns_names.items[i], at);
    for (size_t i = 0; i < info->addresses.count; i++)
        add_pair(building, CERT_INDEX_ADDRESS, info->addresses.items[i], at);
    return !common_name || add_common_name(building, common_name, at);
}

static int compare_ranked(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->not_before != b->not_before)
        return a->not_before > b->not_before ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

static void rank(const struct cert_index *index, const struct key *key) {
    struct ranked *ranked = index->ranked;
    uint32_t end = key->begin + key->count;
    if (key->count > 1)
        qsort(ranked + key->begin, key->count, sizeof *ranked, compare_ranked);
    for (uint32_t i = end; i-- > key->begin;) {
        uint32_t next = i + 1;
        while (next < end && ranked[next].not_after <= ranked[i].not_after)
            next = ranked[next].longer;
        ranked[i].longer = next;
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
        uint32_t at = building->pairs[i].at;
        const struct cert_info *info = cert_info(building->certs[at]);
        index->ranked[key->begin + key->count++] =
            (struct ranked){info->not_before, info->not_after, at, 0};
    }
    for (size_t i = 0; i < index->key_count; i++)
        rank(index, &index->keys[i]);
}

static size_t count_hosts(struct cert *const *certs, size_t count) {
    size_t hosts = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cert_info *info = cert_info(certs[i]);
        hosts += info->dns_names.count + info->addresses.count + (lone_common_name(info) ? 1 : 0);
    }
    return hosts;
}

static bool make_room(struct building *building, size_t count, size_t hosts) {
    enum { KEY_TYPES = 4, SMALLEST = 16 };
    struct cert_index *index = building->index;
    size_t most_keys = hosts + KEY_TYPES; /* each type has one key for all */
    for (index->capacity = SMALLEST; index->capacity < 2 * most_keys;)
        index->capacity *= 2;
    index->keys = calloc(most_keys, sizeof *index->keys);
    index->slots = calloc(index->capacity, sizeof *index->slots);
    index->ranked = calloc(hosts + count + 1, sizeof *index->ranked);
    building->pairs = calloc(hosts + count + 1, sizeof *building->pairs);
    return index->keys && index->slots && index->ranked && building->pairs;
}

bool cert_index_create(struct cert *const *certs, size_t count, size_t except,
                       struct cert_index **out, struct error *err) {
    bool ok = false;
    size_t hosts = count_hosts(certs, count);
    struct building building = {.index = calloc(1, sizeof(struct cert_index)), .certs = certs};
    if (hosts + count > UINT32_MAX / 4) {
        error_set(err, ERROR_INPUT, "the certificates have too many names: %zu", hosts);
        goto done;
    }
    ok = building.index && make_room(&building, count, hosts);
    for (size_t i = 0; ok && i < count; i++)
        ok = i == except || add_certificate(&building, (uint32_t)i);
    if (!ok) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    rank_pairs(&building);
    *out = building.index;
    building.index = NULL;
done:
    free(building.pairs);
    cert_index_destroy(building.index);
    return ok;
}

void cert_index_destroy(struct cert_index *index) {
    if (!index)
        return;
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
        if (index->ranked[middle].not_before > now)
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
    while (i < end && index->ranked[i].not_after < now)
        i = index->ranked[i].longer;
    if (i < end)
        *out = (struct cert_index_found){index->ranked[i].at, true};
    else
        *out = (struct cert_index_found){index->ranked[key->begin].at, false};
    return true;
}
