#include "lab/credentials.h"

#include <stdlib.h>
#include <string.h>

static gnutls_datum_t datum_of(const struct blob *blob) {
    return (gnutls_datum_t){blob->data, (unsigned)blob->size};
}

static int take_key(struct lab_credentials *credentials) {
    const gnutls_datum_t key = datum_of(&credentials->chain->key);
    int code = gnutls_privkey_init(&credentials->key);
    if (code == GNUTLS_E_SUCCESS)
        code = gnutls_privkey_import_x509_raw(credentials->key, &key, GNUTLS_X509_FMT_DER, NULL, 0);
    return code;
}

/* GnuTLS asks the leaf's public key what it can sign, for whatever its key usage says. */
static int take_public_key(struct lab_credentials *credentials) {
    gnutls_pcert_st *leaf = &credentials->certificates[0];
    int code = gnutls_pubkey_init(&leaf->pubkey);
    if (code == GNUTLS_E_SUCCESS)
        code = gnutls_pubkey_import_privkey(leaf->pubkey, credentials->key, 0, 0);
    return code;
}

static int take_certificates(struct lab_credentials *credentials) {
    const struct lab_chain *chain = credentials->chain;
    for (; credentials->count < chain->count; credentials->count++) {
        const struct blob *from = &chain->certificates[credentials->count];
        gnutls_pcert_st *to = &credentials->certificates[credentials->count];
        to->type = GNUTLS_CRT_X509;
        to->cert.data = gnutls_malloc(from->size);
        if (!to->cert.data)
            return GNUTLS_E_MEMORY_ERROR;
        memcpy(to->cert.data, from->data, from->size);
        to->cert.size = (unsigned)from->size;
    }
    return GNUTLS_E_SUCCESS;
}

bool lab_credentials_create(const struct lab_chain *chain, struct lab_credentials **out,
                            struct error *err) {
    int code = GNUTLS_E_MEMORY_ERROR;
    struct lab_credentials *credentials = calloc(1, sizeof *credentials);
    if (!credentials)
        goto failed;
    credentials->chain = chain;
    credentials->staple.response = datum_of(&chain->staple);
    code = chain->count > 0 ? take_key(credentials) : GNUTLS_E_NO_CERTIFICATE_FOUND;
    if (code == GNUTLS_E_SUCCESS)
        code = take_certificates(credentials);
    if (code == GNUTLS_E_SUCCESS)
        code = take_public_key(credentials);
    if (code == GNUTLS_E_SUCCESS) {
        *out = credentials;
        return true;
    }
failed:
    error_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERROR_MEMORY : ERROR_INPUT,
              "the TLS library cannot serve it: %s", gnutls_strerror(code));
    lab_credentials_destroy(credentials);
    return false;
}

void lab_credentials_destroy(struct lab_credentials *credentials) {
    if (!credentials)
        return;
    for (unsigned i = 0; i < credentials->count; i++)
        gnutls_pcert_deinit(&credentials->certificates[i]);
    gnutls_privkey_deinit(credentials->key);
    free(credentials);
}
