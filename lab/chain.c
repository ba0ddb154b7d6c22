#include "lab/chain.h"

#include "lab/forge.h"
#include "lab/recipe.h"

#include <string.h>

_Static_assert(sizeof((struct lab_chain *)0)->serial == FORGE_SERIAL_SIZE, "one size of serial");

static const int64_t hour_s = 3600, day_s = 86400;
enum { USUAL_DAYS = 90, PATH_LIMIT = LAB_CHAIN_LIMIT - 1 };

void lab_chain_finish(struct lab_chain *chain) {
    for (size_t i = 0; i < chain->count; i++)
        blob_finish(&chain->certificates[i]);
    blob_wipe(&chain->key);
    blob_finish(&chain->staple);
    *chain = (struct lab_chain){0};
}

/* ---- above the leaf ---- */

/* From the leaf's issuer to a root; empty for one that signs itself. */
struct path {
    const struct lab_authority *items[PATH_LIMIT];
    size_t count;
};

/* False without an error: a key is not made yet. */
static bool find_path(struct lab_authorities *authorities, enum lab_issuer issuer, struct path *out,
                      struct error *err) {
    if (issuer == LAB_BY_ITSELF || issuer == LAB_BY_ITSELF_TRUSTED)
        return true;
    for (bool is_root = false; !is_root && out->count < PATH_LIMIT;) {
        const struct lab_authority *authority = lab_authority(authorities, issuer, err);
        if (!authority)
            return false;
        out->items[out->count++] = authority;
        is_root = authority->above == issuer;
        issuer = authority->above;
    }
    return true;
}

static bool append(struct lab_chain *chain, const struct blob *der, struct error *err) {
    bool ok = blob_copy(der->data, der->size, &chain->certificates[chain->count]);
    if (ok)
        chain->count++;
    else
        error_set(err, ERROR_MEMORY, "out of memory");
    return ok;
}

/* In the path's order, the first `count`. */
static bool append_path(struct lab_chain *chain, const struct path *path, size_t count,
                        struct error *err) {
    for (size_t i = 0; i < count; i++)
        if (!append(chain, &path->items[i]->certificate, err))
            return false;
    return true;
}

static bool append_reversed(struct lab_chain *chain, const struct path *path, struct error *err) {
    for (size_t i = path->count; i > 0; i--)
        if (!append(chain, &path->items[i - 1]->certificate, err))
            return false;
    return true;
}

static bool append_sent(struct lab_chain *chain, const struct path *path, enum lab_sent sent,
                        struct lab_authorities *authorities, struct error *err) {
    const struct lab_authority *namesake = NULL;
    switch (sent) {
    case LAB_SEND_CHAIN:
        return append_path(chain, path, path->count > 0 ? path->count - 1 : 0, err);
    case LAB_SEND_WITH_ROOT:
        return append_path(chain, path, path->count, err);
    case LAB_SEND_LEAF_ALONE:
        return true;
    case LAB_SEND_REVERSED:
        return append_reversed(chain, path, err);
    case LAB_SEND_WRONG_INTERMEDIATE:
        namesake = lab_authority_namesake(authorities, err);
        return namesake && append(chain, &namesake->certificate, err);
    }
    return false;
}

/* ---- the leaf ---- */

/* Who is what in one certificate; borrowed. */
struct roles {
    const struct lab_scenario *scenario;
    const struct lab_place *place;
    const struct blob *key;
    const struct lab_authority *issuer; /* NULL: itself */
};

static void set_life(struct forge_plan *plan, const struct lab_recipe *recipe, int64_t now) {
    plan->begins = now + (recipe->begins != 0 ? recipe->begins : -hour_s);
    plan->ends = now + (recipe->ends != 0 ? recipe->ends : USUAL_DAYS * day_s);
    if (recipe->ends_at != 0)
        plan->ends = recipe->ends_at;
}

/* Each time with another serial. Gives `out`. */
static bool make_leaf(const struct roles *roles, unsigned char serial[static FORGE_SERIAL_SIZE],
                      struct blob *out, struct error *err) {
    const struct lab_recipe *recipe = &roles->scenario->recipe;
    struct cert_extensions extensions = {0};
    struct blob subject = {0};
    const struct blob *issuer_key = roles->issuer ? roles->issuer->key : roles->key;
    bool ok =
        recipe_subject(roles->scenario, roles->place, &subject, err) &&
        recipe_extensions(roles->scenario, roles->place, roles->key, issuer_key, &extensions, err);
    if (ok) {
        struct forge_plan plan = {.issuer = roles->issuer ? roles->issuer->subject : subject,
                                  .subject = subject,
                                  .key = roles->key,
                                  .issuer_key = issuer_key,
                                  .signature = recipe->signature,
                                  .version_1 = recipe->version_1,
                                  .extensions = &extensions};
        set_life(&plan, recipe, roles->place->now);
        ok = forge_certificate(&plan, serial, out, err);
    }
    cert_extensions_finish(&extensions);
    blob_finish(&subject);
    return ok;
}

/* ---- the staple ---- */

static bool make_staple(const struct roles *roles, const struct blob *leaf, struct blob *out,
                        struct error *err) {
    enum lab_staple staple = roles->scenario->recipe.staple;
    unsigned char serial[FORGE_SERIAL_SIZE];
    struct blob other = {0};
    if (staple == LAB_NO_STAPLE)
        return true;
    if (staple == LAB_STAPLE_OF_ANOTHER && !make_leaf(roles, serial, &other, err))
        return false;
    bool ok = forge_ocsp_response(other.data ? &other : leaf,
                                  roles->issuer ? &roles->issuer->certificate : leaf,
                                  roles->issuer ? roles->issuer->key : roles->key,
                                  staple == LAB_STAPLE_REVOKED, roles->place->now, out, err);
    blob_finish(&other);
    return ok;
}

/* ---- all of it ---- */

/* The signature stands at the certificate's end, its last bit is the number's lowest. */
static void tamper(struct blob *leaf) {
    leaf->data[leaf->size - 1] ^= 1;
}

static bool copy_key(const struct blob *key, struct blob *out, struct error *err) {
    bool ok = blob_copy(key->data, key->size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    return ok;
}

/* What goes wrong here is an error: every key is there. */
static bool fill(struct lab_chain *chain, const struct roles *roles, const struct path *path,
                 const struct lab_keys *keys, struct lab_authorities *authorities,
                 struct error *err) {
    const struct lab_recipe *recipe = &roles->scenario->recipe;
    const struct blob *held = recipe->foreign_key ? lab_key(keys, LAB_P256, true) : roles->key;
    struct blob *leaf = &chain->certificates[0];
    if (!make_leaf(roles, chain->serial, leaf, err))
        return false;
    chain->count = 1;
    chain->is_anchor = recipe->issuer == LAB_BY_ITSELF_TRUSTED;
    if (recipe->tampered)
        tamper(leaf);
    return copy_key(held, &chain->key, err) &&
           append_sent(chain, path, recipe->sent, authorities, err) &&
           make_staple(roles, leaf, &chain->staple, err);
}

enum lab_made lab_chain_make(const struct lab_scenario *scenario, const struct lab_place *place,
                             const struct lab_keys *keys, struct lab_authorities *authorities,
                             unsigned turn, struct lab_chain *out, struct error *err) {
    struct lab_chain chain = {0};
    struct path path = {0};
    struct error reason = {0};
    struct roles roles = {.scenario = scenario, .place = place};
    roles.key = lab_key(keys, scenario->recipe.key, turn % 2 == 1);
    if (!roles.key)
        return LAB_NOT_YET;
    if (!find_path(authorities, scenario->recipe.issuer, &path, &reason)) {
        if (reason.kind == ERROR_NONE)
            return LAB_NOT_YET;
        goto failed;
    }
    roles.issuer = path.count > 0 ? path.items[0] : NULL;
    if (!fill(&chain, &roles, &path, keys, authorities, &reason))
        goto failed;
    *out = chain;
    return LAB_MADE;
failed:
    lab_chain_finish(&chain);
    error_set(err, reason.kind, "%s", reason.text);
    return LAB_NOT_MADE;
}
