#include "certs/judgement.h"

#include "certs/private_key.h"

#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

static bool check_kind(const struct cert_info *info, struct error *err) {
    if (info->key_type != CERT_KEY_OTHER)
        return true;
    error_set(err, ERROR_INPUT,
              "the certificate's key is %s, which no browser takes: make one with ECDSA P-256 or "
              "RSA 2048",
              info->key_name);
    return false;
}

/* A damaged file can have the right public half before a wrong private one: every handshake
 * would fail. */
static bool check_halves(gnutls_x509_privkey_t key, struct error *err) {
    if (gnutls_x509_privkey_verify_params(key) == 0)
        return true;
    error_set(err, ERROR_INPUT,
              "the key is damaged, its two halves do not belong together: copy the file again");
    return false;
}

bool judgement_create(gnutls_x509_crt_t leaf, const struct blob *leaf_der,
                      gnutls_x509_privkey_t key, const struct blob *key_der,
                      struct cert_judgement **out, struct error *err) {
    struct cert_judgement *judgement = calloc(1, sizeof *judgement);
    if (!judgement) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    if (!cert_info_from(leaf, leaf_der, &judgement->info, err) ||
        !check_kind(&judgement->info, err) || !check_halves(key, err))
        goto failed;
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, key_der->data, key_der->size, judgement->key_hash) <
        0) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto failed;
    }
    *out = judgement;
    return true;
failed:
    judgement_destroy(judgement);
    return false;
}

void judgement_destroy(struct cert_judgement *judgement) {
    if (!judgement)
        return;
    cert_info_finish(&judgement->info);
    memory_wipe(judgement->key_hash, sizeof judgement->key_hash);
    free(judgement);
}

static bool check_match(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key, struct error *err) {
    if (is_key_of(key, leaf))
        return true;
    error_set(err, ERROR_INPUT, "the key does not match the certificate");
    return false;
}

bool judgement_make(const struct blob *leaf_der, const struct blob *key_der,
                    struct cert_judgement **out, struct error *err) {
    gnutls_x509_crt_t leaf = NULL;
    gnutls_x509_privkey_t key = NULL;
    bool ok = certificate_parse(leaf_der, &leaf, err) && private_key_parse(key_der, &key, err) &&
              check_match(leaf, key, err) &&
              judgement_create(leaf, leaf_der, key, key_der, out, err);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(leaf);
    return ok;
}

bool judgement_is_of(const struct cert_judgement *judgement, const struct blob *leaf_der,
                     const struct blob *key_der) {
    unsigned char hash[CERT_FINGERPRINT_SIZE];
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, leaf_der->data, leaf_der->size, hash) < 0 ||
        memcmp(hash, judgement->info.fingerprint, sizeof hash) != 0)
        return false;
    bool is_same = gnutls_hash_fast(GNUTLS_DIG_SHA256, key_der->data, key_der->size, hash) == 0 &&
                   memcmp(hash, judgement->key_hash, sizeof hash) == 0;
    memory_wipe(hash, sizeof hash);
    return is_same;
}
