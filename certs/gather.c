#include "certs/gather.h"

#include "certs/cert_pile.h"
#include "certs/chain.h"
#include "certs/file_form.h"
#include "certs/parsed.h"
#include "certs/pem.h"
#include "certs/private_key.h"

#include <gnutls/pkcs12.h>
#include <stdlib.h>
#include <string.h>

struct cert_gathering {
    struct cert_pile pile;
};

bool cert_gathering_create(struct cert_gathering **out, struct error *err) {
    struct cert_gathering *gathering = calloc(1, sizeof *gathering);
    if (!gathering) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *out = gathering;
    return true;
}

void cert_gathering_destroy(struct cert_gathering *gathering) {
    if (gathering)
        cert_pile_finish(&gathering->pile);
    free(gathering);
}

static bool is_bundle(const struct blob *der) {
    gnutls_pkcs12_t bundle = NULL;
    gnutls_datum_t datum = datum_of(der);
    bool ok = gnutls_pkcs12_init(&bundle) == 0 &&
              gnutls_pkcs12_import(bundle, &datum, GNUTLS_X509_FMT_DER, 0) == 0;
    gnutls_pkcs12_deinit(bundle);
    return ok;
}

/* PKCS#12 within PEM, as certtool writes it. */
static bool add_pem_bundles(struct cert_pile *pile, const struct cert_file *file,
                            const struct password *password, struct error *err) {
    struct pem_reader reader = pem_open(file->data, file->size);
    for (bool ok = true; ok;) {
        struct pem_block block = {0};
        if (!pem_next(&reader, &block, err))
            return false;
        if (!block.label)
            return true;
        struct cert_file inner = {file->name, block.der.data, block.der.size};
        if (pem_block_is(&block, "PKCS12"))
            ok = cert_pile_add_pkcs12(pile, &inner, password, err);
        pem_block_finish(&block);
        if (!ok)
            return false;
    }
    return false;
}

static bool add_content(struct cert_pile *pile, const struct cert_file *file,
                        const struct password *password, struct error *err) {
    struct blob content = {(unsigned char *)file->data, file->size};
    enum file_form form = file_form(&content);
    if (form == FILE_FORM_DER && is_bundle(&content))
        return cert_pile_add_pkcs12(pile, file, password, err);
    return cert_pile_add_file(pile, file, CERT_PILE_CERTS | CERT_PILE_KEYS, password, err) &&
           (form != FILE_FORM_PEM || add_pem_bundles(pile, file, password, err));
}

/* Takes off what was added behind these counts. */
static void roll_back(struct cert_pile *pile, size_t cert_count, size_t key_count) {
    while (pile->cert_count > cert_count)
        blob_finish(&pile->certs[--pile->cert_count]);
    while (pile->key_count > key_count)
        gnutls_x509_privkey_deinit(pile->keys[--pile->key_count]);
}

static bool has_cert_before(const struct cert_pile *pile, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (blob_equal(&pile->certs[i], &pile->certs[at]))
            return true;
    return false;
}

static bool has_key_before(const struct cert_pile *pile, size_t at) {
    unsigned char id[KEY_ID_SIZE], other[KEY_ID_SIZE];
    bool is_known = private_key_id(pile->keys[at], id);
    for (size_t i = 0; is_known && i < at; i++)
        if (private_key_id(pile->keys[i], other) && memcmp(id, other, KEY_ID_SIZE) == 0)
            return true;
    return false;
}

/* Of what was added behind these counts, takes off what was there already: a certificate often
 * comes alone and again with its chain. */
static void drop_repeated(struct cert_pile *pile, size_t cert_count, size_t key_count) {
    for (size_t i = cert_count; i < pile->cert_count;) {
        if (!has_cert_before(pile, i)) {
            i++;
            continue;
        }
        blob_finish(&pile->certs[i]);
        pile->cert_count--;
        memmove(&pile->certs[i], &pile->certs[i + 1], (pile->cert_count - i) * sizeof *pile->certs);
    }
    for (size_t i = key_count; i < pile->key_count;) {
        if (!has_key_before(pile, i)) {
            i++;
            continue;
        }
        gnutls_x509_privkey_deinit(pile->keys[i]);
        pile->keys[i] = pile->keys[--pile->key_count];
    }
}

static void explain_stranger(const struct cert_pile_stranger *stranger, struct error *err) {
    const char *mend = stranger && stranger->cert_mend  ? stranger->cert_mend
                       : stranger && stranger->key_mend ? stranger->key_mend
                                                        : "name files that do";
    error_set(err, ERROR_INPUT, "it holds %s, and neither a certificate nor a private key: %s",
              stranger ? stranger->words : "PEM of another kind", mend);
}

bool cert_gathering_add(struct cert_gathering *gathering, const struct cert_file *file,
                        const char *password, struct error *err) {
    struct cert_pile *pile = &gathering->pile;
    size_t cert_count = pile->cert_count, key_count = pile->key_count;
    const struct password given = {
        .text = (char *)password, .name = file->name, .is_asked_for = true};
    struct error unheard = {0};
    if (!err)
        err = &unheard;
    if (file->size > CERT_FILE_LIMIT) {
        error_set(err, ERROR_INPUT, "%s: it has %zu octets, %d are allowed", file->name, file->size,
                  CERT_FILE_LIMIT);
        return false;
    }
    pile->stranger = NULL;
    bool ok = add_content(pile, file, &given, err);
    if (ok && pile->cert_count == cert_count && pile->key_count == key_count) {
        explain_stranger(pile->stranger, err);
        ok = false;
    }
    if (ok) {
        drop_repeated(pile, cert_count, key_count);
        return true;
    }
    roll_back(pile, cert_count, key_count);
    error_prefix(err, "%s", file->name);
    return false;
}

bool cert_gathering_add_key(struct cert_gathering *gathering, const struct blob *der,
                            struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    return private_key_parse(der, &key, err) && cert_pile_add_key(&gathering->pile, key, err);
}

size_t cert_gathering_count(const struct cert_gathering *gathering) {
    return gathering->pile.cert_count;
}

const struct blob *cert_gathering_at(const struct cert_gathering *gathering, size_t i) {
    return &gathering->pile.certs[i];
}

size_t cert_gathering_key_count(const struct cert_gathering *gathering) {
    return gathering->pile.key_count;
}

const char *cert_gathering_friendly_name(const struct cert_gathering *gathering) {
    return gathering->pile.friendly_name;
}

bool cert_gathering_matches(const struct cert_gathering *gathering, const struct blob *key) {
    gnutls_x509_privkey_t parsed = NULL;
    unsigned char wanted[KEY_ID_SIZE], have[KEY_ID_SIZE];
    bool found = false;
    if (!private_key_parse(key, &parsed, NULL))
        return false;
    bool is_known = private_key_id(parsed, wanted);
    gnutls_x509_privkey_deinit(parsed);
    for (size_t i = 0; is_known && !found && i < gathering->pile.cert_count; i++) {
        gnutls_x509_crt_t certificate = NULL;
        if (!certificate_parse(&gathering->pile.certs[i], &certificate, NULL))
            continue;
        found = certificate_key_id(certificate, have) && memcmp(have, wanted, KEY_ID_SIZE) == 0;
        gnutls_x509_crt_deinit(certificate);
    }
    return found;
}

bool cert_gathering_join(const struct cert_gathering *gathering, struct cert_material *out,
                         struct error *err) {
    const struct cert_pile *pile = &gathering->pile;
    if (pile->cert_count == 0) {
        error_set(err, ERROR_INPUT,
                  "there is no certificate, a private key alone: name the file "
                  "of its certificate as well");
        return false;
    }
    if (pile->key_count == 0) {
        error_set(err, ERROR_INPUT,
                  "there is no private key: name the file of the certificate's key as well");
        return false;
    }
    return chain_build(pile, NULL, NULL, out, err);
}
