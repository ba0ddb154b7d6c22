#include "certs/cert_read.h"

#include "certs/cert_pile.h"
#include "certs/chain.h"
#include "certs/file_form.h"
#include "certs/parsed.h"

#include <stdlib.h>
#include <string.h>

static bool check_size(const struct cert_file *file, struct error *err) {
    if (!file->data || file->size <= CERT_FILE_LIMIT)
        return true;
    error_set(err, ERROR_INPUT,
              "%s: it has %zu octets, %d are allowed: put the server's own chain there", file->name,
              file->size, CERT_FILE_LIMIT);
    return false;
}

/* One file into the pile; errors begin with its name. */
static bool add_file(struct cert_pile *pile, const struct cert_file *file, bool is_pkcs12,
                     unsigned wanted, const struct password *password, struct error *err) {
    bool ok = is_pkcs12 ? cert_pile_add_pkcs12(pile, file, password, err)
                        : cert_pile_add_file(pile, file, wanted, password, err);
    if (!ok)
        error_prefix(err, "%s", file->name);
    return ok;
}

static void explain_no_certificate(const struct cert_pile *pile, const struct cert_file *file,
                                   const char *mend, struct error *err) {
    const struct cert_pile_stranger *stranger = pile->stranger;
    if (stranger)
        error_set(err, ERROR_INPUT, "%s: it holds %s, not a certificate: %s", file->name,
                  stranger->words, mend);
    else
        error_set(err, ERROR_INPUT, "%s: it holds no certificate: %s", file->name, mend);
}

/* Beside a certificate only a stranger that is a kind of key explains why there is none. */
static void explain_no_key(const struct cert_pile *pile, const struct cert_sources *sources,
                           struct error *err) {
    const struct cert_pile_stranger *stranger = pile->stranger;
    const char *mend = "add the PRIVATE KEY block to it, or put the key beside it as NAME.key";
    if (sources->is_pkcs12)
        mend = "export it again, with the private key";
    else if (sources->key.data)
        mend = "put the key there";
    if (stranger && stranger->key_mend)
        mend = stranger->key_mend;
    const char *file = sources->key.data ? sources->key.name : sources->certificate.name;
    if (stranger && (stranger->key_mend || sources->key.data))
        error_set(err, ERROR_INPUT, "%s: it holds %s, not a private key: %s", file, stranger->words,
                  mend);
    else
        error_set(err, ERROR_INPUT, "%s: it holds no private key: %s", file, mend);
}

static bool fill_pile(const struct cert_sources *sources, const struct password *password,
                      struct cert_pile *pile, struct error *err) {
    const struct cert_file *certificate = &sources->certificate, *key = &sources->key;
    unsigned wanted = key->data ? CERT_PILE_CERTS : CERT_PILE_CERTS | CERT_PILE_KEYS;
    if (!add_file(pile, certificate, sources->is_pkcs12, wanted, password, err))
        return false;
    if (pile->cert_count == 0) {
        const struct cert_pile_stranger *stranger = pile->stranger;
        explain_no_certificate(
            pile, certificate,
            stranger && stranger->cert_mend ? stranger->cert_mend : "put it there", err);
        return false;
    }
    if (key->data) {
        pile->stranger = NULL;
        if (!add_file(pile, key, false, CERT_PILE_KEYS, password, err))
            return false;
    }
    if (pile->key_count > 0)
        return true;
    explain_no_key(pile, sources, err);
    return false;
}

bool cert_read(const struct cert_sources *sources, struct cert_material *out, struct error *err) {
    bool ok = false;
    struct cert_pile pile = {0};
    struct password password = {0};
    struct error unheard;
    const struct cert_file *key = sources->key.data ? &sources->key : &sources->certificate;
    if (!err)
        err = &unheard;
    if (!check_size(&sources->certificate, err) || !check_size(&sources->key, err) ||
        !check_size(&sources->password, err) || !password_read(&sources->password, &password, err))
        return false;
    ok = fill_pile(sources, &password, &pile, err) &&
         chain_build(&pile, sources->certificate.name, key->name, out, err);
    cert_pile_finish(&pile);
    password_finish(&password);
    return ok;
}

/* For a file that was named to look at its certificates. */
static const char *mend_alone(const struct cert_pile_stranger *stranger) {
    if (!stranger || !stranger->cert_mend)
        return "name the file of the certificate";
    return stranger->cert_mend == file_form_request_mend ? file_form_request_mend_alone
                                                         : stranger->cert_mend;
}

static void certificates_free(gnutls_x509_crt_t *certificates, size_t count) {
    for (size_t i = 0; certificates && i < count; i++)
        gnutls_x509_crt_deinit(certificates[i]);
    free(certificates);
}

static bool certificates_parse(const struct cert_pile *pile, gnutls_x509_crt_t **out,
                               struct error *err) {
    gnutls_x509_crt_t *certificates = calloc(pile->cert_count, sizeof(gnutls_x509_crt_t));
    if (!certificates) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    for (size_t i = 0; i < pile->cert_count; i++)
        if (!certificate_parse(&pile->certs[i], &certificates[i], err)) {
            error_prefix(err, "certificate %zu of %zu", i + 1, pile->cert_count);
            certificates_free(certificates, i);
            return false;
        }
    *out = certificates;
    return true;
}

static bool issued_another(const gnutls_x509_crt_t *certificates, size_t count, size_t issuer) {
    for (size_t i = 0; i < count; i++)
        if (i != issuer && gnutls_x509_crt_check_issuer(certificates[i], certificates[issuer]) == 1)
            return true;
    return false;
}

/* The server's own, which has issued none of the others, to the front. */
static void put_own_first(struct cert_pile *pile, const gnutls_x509_crt_t *certificates) {
    size_t own = 0;
    while (own < pile->cert_count && issued_another(certificates, pile->cert_count, own))
        own++;
    if (own == pile->cert_count)
        return;
    struct blob first = pile->certs[own];
    memmove(&pile->certs[1], &pile->certs[0], own * sizeof *pile->certs);
    pile->certs[0] = first;
}

bool cert_read_chain(const struct cert_file *file, struct blob **out, size_t *count,
                     struct error *err) {
    struct cert_pile pile = {0};
    struct password none = {0};
    struct error unheard;
    gnutls_x509_crt_t *certificates = NULL;
    if (!err)
        err = &unheard;
    if (!check_size(file, err) ||
        !add_file(&pile, file, false, CERT_PILE_CERTS | CERT_PILE_ALONE, &none, err))
        goto failed;
    if (pile.cert_count == 0) {
        explain_no_certificate(&pile, file, mend_alone(pile.stranger), err);
        goto failed;
    }
    if (!certificates_parse(&pile, &certificates, err)) {
        error_prefix(err, "%s", file->name);
        goto failed;
    }
    if (pile.has_set && pile.cert_count <= CERT_CHAIN_LIMIT)
        put_own_first(&pile, certificates);
    certificates_free(certificates, pile.cert_count);
    *out = pile.certs;
    *count = pile.cert_count;
    return true;
failed:
    cert_pile_finish(&pile);
    return false;
}
