#include "lab/keys.h"

#include "base/log.h"
#include "certs/parsed.h"
#include "certs/private_key.h"
#include "lab/rsa_key.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Made at once. */
static const struct cheap {
    enum lab_key key;
    gnutls_pk_algorithm_t algorithm;
    gnutls_ecc_curve_t curve;
} cheap_keys[] = {
    {LAB_P256, GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP256R1},
    {LAB_P384, GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP384R1},
    {LAB_ED25519, GNUTLS_PK_EDDSA_ED25519, GNUTLS_ECC_CURVE_ED25519},
};

/* Made in this order, the one that most scenarios wait for first. */
static const struct costly {
    const char *name;
    struct rsa_key_choice choice;
    enum lab_key key;
} costly_keys[] = {
    {"RSA 2048", {2048, 65537, false}, LAB_RSA_2048},
    {"RSA 1024", {1024, 65537, false}, LAB_RSA_1024},
    {"RSA 2048 with the exponent 3", {2048, 3, false}, LAB_RSA_EXPONENT_3},
    {"RSASSA-PSS 2048", {2048, 65537, true}, LAB_RSA_PSS},
    {"RSA 4096", {4096, 65537, false}, LAB_RSA_4096},
};
enum {
    CHEAP_KEYS = sizeof cheap_keys / sizeof *cheap_keys,
    COSTLY_KEYS = sizeof costly_keys / sizeof *costly_keys
};
_Static_assert(CHEAP_KEYS + COSTLY_KEYS == LAB_KEYS, "each kind is made");

struct lab_keys {
    struct blob keys[LAB_KEYS];
    struct blob spare;             /* P-256 */
    atomic_bool is_made[LAB_KEYS]; /* set after the key, which never changes again */
    atomic_bool stop;
    pthread_t thread;
    bool has_thread;
    void (*made)(void *context, enum lab_key key);
    void *context;
};

static bool make_cheap(gnutls_pk_algorithm_t algorithm, gnutls_ecc_curve_t curve, struct blob *out,
                       struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = gnutls_x509_privkey_generate(key, algorithm, GNUTLS_CURVE_TO_BITS(curve), 0);
    if (code < 0)
        error_set_gnutls(err, code, "a key (%s) cannot be made", gnutls_ecc_curve_get_name(curve));
    bool ok = code == 0 && private_key_export(key, out, err);
    gnutls_x509_privkey_deinit(key);
    return ok;
}

bool lab_key_for_authority(struct blob *out, struct error *err) {
    return make_cheap(GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP256R1, out, err);
}

static bool make_cheap_keys(struct lab_keys *keys, struct error *err) {
    for (size_t i = 0; i < CHEAP_KEYS; i++) {
        const struct cheap *cheap = &cheap_keys[i];
        if (!make_cheap(cheap->algorithm, cheap->curve, &keys->keys[cheap->key], err))
            return false;
        atomic_store(&keys->is_made[cheap->key], true);
    }
    return make_cheap(GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP256R1, &keys->spare, err);
}

static void *make_costly_keys(void *context) {
    struct lab_keys *keys = context;
    for (size_t i = 0; i < COSTLY_KEYS && !atomic_load(&keys->stop); i++) {
        const struct costly *costly = &costly_keys[i];
        struct error err = {0};
        if (rsa_key_make(costly->choice, &keys->stop, &keys->keys[costly->key], &err)) {
            atomic_store(&keys->is_made[costly->key], true);
            keys->made(keys->context, costly->key);
        } else if (err.kind != ERROR_NONE)
            log_warning("laboratory", "scenarios with a key %s are not served: %s", costly->name,
                        err.text);
    }
    return NULL;
}

bool lab_keys_create(void (*made)(void *context, enum lab_key key), void *context,
                     struct lab_keys **out, struct error *err) {
    struct lab_keys *keys = calloc(1, sizeof *keys);
    if (!keys) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    keys->made = made;
    keys->context = context;
    if (!make_cheap_keys(keys, err)) {
        lab_keys_destroy(keys);
        return false;
    }
    int code = pthread_create(&keys->thread, NULL, make_costly_keys, keys);
    if (code != 0) {
        error_set_system(err, code, "no thread can be started for the laboratory's keys");
        lab_keys_destroy(keys);
        return false;
    }
    keys->has_thread = true;
    *out = keys;
    return true;
}

void lab_keys_destroy(struct lab_keys *keys) {
    if (!keys)
        return;
    atomic_store(&keys->stop, true);
    if (keys->has_thread)
        pthread_join(keys->thread, NULL);
    for (size_t i = 0; i < LAB_KEYS; i++)
        blob_wipe(&keys->keys[i]);
    blob_wipe(&keys->spare);
    free(keys);
}

const struct blob *lab_key(const struct lab_keys *keys, enum lab_key key, bool spare) {
    if (spare && key == LAB_P256)
        return &keys->spare;
    return atomic_load(&keys->is_made[key]) ? &keys->keys[key] : NULL;
}
