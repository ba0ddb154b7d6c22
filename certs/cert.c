#include "certs/judgement.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct cert {
    atomic_size_t references;
    char *name;
    struct cert_info info;
    struct cert_material material;
    int64_t staple_until;
    /* NULL until somebody asks; whoever builds it first publishes it. */
    _Atomic(struct cert_credentials *) credentials;
};

/* A cert never changes but in its count and its credentials, which every holder may touch. */
static struct cert *shared_part(const struct cert *cert) {
    return (struct cert *)cert;
}

void cert_material_finish(struct cert_material *material) {
    for (size_t i = 0; i < material->chain_count; i++)
        blob_finish(&material->chain[i]);
    free(material->chain);
    blob_wipe(&material->key);
    blob_finish(&material->staple);
    judgement_destroy(material->judgement);
    *material = (struct cert_material){0};
}

static bool material_copy(const struct cert_material *from, struct cert_material *out) {
    struct cert_material copy = {0};
    copy.chain = calloc(from->chain_count, sizeof *copy.chain);
    if (!copy.chain)
        return false;
    bool ok = true;
    for (; ok && copy.chain_count < from->chain_count; copy.chain_count++) {
        const struct blob *der = &from->chain[copy.chain_count];
        ok = blob_copy(der->data, der->size, &copy.chain[copy.chain_count]);
    }
    ok = ok && blob_copy(from->key.data, from->key.size, &copy.key);
    if (ok && from->staple.size > 0)
        ok = blob_copy(from->staple.data, from->staple.size, &copy.staple);
    if (!ok) {
        cert_material_finish(&copy);
        return false;
    }
    *out = copy;
    return true;
}

/* What the judgement says of the leaf; one is made if the material brings none of its own. */
static bool read_judged_info(const struct cert_material *material, struct cert_info *out,
                             struct error *err) {
    struct cert_judgement *made = NULL;
    const struct cert_judgement *judgement = material->judgement;
    if (!judgement || !judgement_is_of(judgement, &material->chain[0], &material->key)) {
        if (!judgement_make(&material->chain[0], &material->key, &made, err))
            return false;
        judgement = made;
    }
    bool ok = cert_info_copy(&judgement->info, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    judgement_destroy(made);
    return ok;
}

bool cert_create(const char *name, const struct cert_material *material, int64_t staple_until,
                 struct cert **out, struct error *err) {
    if (material->chain_count == 0) {
        error_set(err, ERROR_INPUT, "there is no certificate");
        return false;
    }
    struct cert *cert = calloc(1, sizeof *cert);
    if (!cert) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    atomic_init(&cert->references, 1);
    atomic_init(&cert->credentials, NULL);
    cert->staple_until = staple_until;
    if (!read_judged_info(material, &cert->info, err))
        goto failed;
    cert->name = strdup(name);
    if (!cert->name || !material_copy(material, &cert->material)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto failed;
    }
    *out = cert;
    return true;
failed:
    cert_release(cert);
    return false;
}

struct cert *cert_acquire(const struct cert *cert) {
    struct cert *shared = shared_part(cert);
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

static void credentials_destroy(struct cert_credentials *credentials) {
    if (!credentials)
        return;
    for (unsigned i = 0; i < credentials->chain_count; i++)
        gnutls_pcert_deinit(&credentials->chain[i]);
    free(credentials->chain);
    gnutls_privkey_deinit(credentials->key); /* wipes */
    free(credentials);
}

void cert_release(struct cert *cert) {
    if (!cert || atomic_fetch_sub_explicit(&cert->references, 1, memory_order_acq_rel) > 1)
        return;
    credentials_destroy(atomic_load(&cert->credentials));
    cert_material_finish(&cert->material);
    cert_info_finish(&cert->info);
    free(cert->name);
    free(cert);
}

const char *cert_name(const struct cert *cert) {
    return cert->name;
}

const struct cert_info *cert_info(const struct cert *cert) {
    return &cert->info;
}

size_t cert_chain_count(const struct cert *cert) {
    return cert->material.chain_count;
}

const struct blob *cert_chain(const struct cert *cert, size_t i) {
    return &cert->material.chain[i];
}

const struct blob *cert_key(const struct cert *cert) {
    return &cert->material.key;
}

bool cert_same(const struct cert *a, const struct cert *b) {
    const struct cert_material *left = &a->material, *right = &b->material;
    if (left->chain_count != right->chain_count || !blob_equal(&left->key, &right->key) ||
        !blob_equal(&left->staple, &right->staple))
        return false;
    for (size_t i = 0; i < left->chain_count; i++)
        if (!blob_equal(&left->chain[i], &right->chain[i]))
            return false;
    return true;
}

bool cert_valid_at(const struct cert *cert, int64_t now) {
    return cert->info.not_before <= now && now <= cert->info.not_after;
}

const struct blob *cert_anchor(const struct cert *cert) {
    /* Each certificate is followed by its issuer, so the topmost is the last. */
    return &cert->material.chain[cert->material.chain_count - 1];
}

static struct cert_credentials *credentials_create(const struct cert_material *material,
                                                   struct error *err) {
    gnutls_datum_t key = datum_of(&material->key);
    int code = GNUTLS_E_MEMORY_ERROR;
    struct cert_credentials *credentials = calloc(1, sizeof *credentials);
    if (!credentials)
        goto failed;
    credentials->chain = calloc(material->chain_count, sizeof *credentials->chain);
    if (!credentials->chain)
        goto failed;
    for (size_t i = 0; i < material->chain_count; i++) {
        gnutls_datum_t der = datum_of(&material->chain[i]);
        code = gnutls_pcert_import_x509_raw(&credentials->chain[i], &der, GNUTLS_X509_FMT_DER, 0);
        if (code < 0)
            goto failed;
        credentials->chain_count++;
    }
    code = gnutls_privkey_init(&credentials->key);
    if (code == 0)
        code = gnutls_privkey_import_x509_raw(credentials->key, &key, GNUTLS_X509_FMT_DER, NULL, 0);
    if (code == 0)
        return credentials;
failed:
    credentials_destroy(credentials);
    error_set_gnutls(err, code, "the TLS library does not take the certificate");
    return NULL;
}

const struct cert_credentials *cert_credentials(const struct cert *cert, struct error *err) {
    struct cert *shared = shared_part(cert);
    struct cert_credentials *published = atomic_load(&shared->credentials);
    if (published)
        return published;
    struct cert_credentials *mine = credentials_create(&cert->material, err);
    if (!mine)
        return NULL;
    if (atomic_compare_exchange_strong(&shared->credentials, &published, mine))
        return mine;
    credentials_destroy(mine); /* another thread was quicker */
    return published;
}

const struct blob *cert_staple(const struct cert *cert, int64_t now) {
    bool is_current = cert->material.staple.size > 0 && now < cert->staple_until;
    return is_current ? &cert->material.staple : NULL;
}
