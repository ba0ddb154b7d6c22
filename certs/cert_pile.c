#include "certs/cert_pile.h"

#include "certs/file_form.h"
#include "certs/parsed.h"
#include "certs/pem.h"
#include "certs/private_key.h"

#include <gnutls/pkcs7.h>
#include <stdlib.h>
#include <string.h>

void cert_pile_finish(struct cert_pile *pile) {
    for (size_t i = 0; i < pile->cert_count; i++)
        blob_finish(&pile->certs[i]);
    free(pile->certs);
    for (size_t i = 0; i < pile->key_count; i++)
        gnutls_x509_privkey_deinit(pile->keys[i]);
    free(pile->friendly_name);
    *pile = (struct cert_pile){0};
}

static bool has_room(size_t count, size_t limit, const char *what, struct error *err) {
    if (count < limit)
        return true;
    error_set(err, ERROR_INPUT, "it holds more than %zu %s: give the server's own alone", limit,
              what);
    return false;
}

bool cert_pile_add_cert(struct cert_pile *pile, const void *der, size_t size, struct error *err) {
    if (!has_room(pile->cert_count, CERT_PILE_LIMIT, "certificates", err))
        return false;
    struct blob *certs = realloc(pile->certs, (pile->cert_count + 1) * sizeof *certs);
    if (certs)
        pile->certs = certs;
    if (!certs || !blob_copy(der, size, &certs[pile->cert_count])) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    pile->cert_count++;
    return true;
}

bool cert_pile_add_key(struct cert_pile *pile, gnutls_x509_privkey_t key, struct error *err) {
    if (!has_room(pile->key_count, CERT_PILE_KEY_LIMIT, "private keys", err)) {
        gnutls_x509_privkey_deinit(key);
        return false;
    }
    pile->keys[pile->key_count++] = key;
    return true;
}

static bool add_pkcs7(struct cert_pile *pile, const struct blob *der, struct error *err) {
    bool ok = false;
    gnutls_pkcs7_t message = NULL;
    gnutls_datum_t datum = datum_of(der);
    int code = gnutls_pkcs7_init(&message);
    if (code == 0)
        code = gnutls_pkcs7_import(message, &datum, GNUTLS_X509_FMT_DER);
    if (code < 0) {
        error_set_gnutls(err, code, "the PKCS#7 message cannot be read");
        goto done;
    }
    pile->has_set = true;
    int count = gnutls_pkcs7_get_crt_count(message);
    for (int i = 0; i < count; i++) {
        gnutls_datum_t cert = {0};
        if (gnutls_pkcs7_get_crt_raw2(message, (unsigned)i, &cert) < 0)
            continue; /* an attribute certificate */
        bool added = cert_pile_add_cert(pile, cert.data, cert.size, err);
        gnutls_free(cert.data);
        if (!added)
            goto done;
    }
    ok = true;
done:
    gnutls_pkcs7_deinit(message);
    return ok;
}

/* Gives the pile a key that was read, or says what is the matter with one that was not. */
static bool take_key(struct cert_pile *pile, bool was_read, gnutls_x509_privkey_t key,
                     const struct password *password, struct error *err) {
    if (was_read)
        return cert_pile_add_key(pile, key, err);
    if (err->kind == ERROR_PERMISSION)
        password_explain(password, "the key", err);
    return false;
}

static bool add_key_der(struct cert_pile *pile, const struct blob *der,
                        const struct password *password, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    bool was_read = private_key_form(der) == PRIVATE_KEY_ENCRYPTED
                        ? private_key_decrypt(der, password->text, &key, err)
                        : private_key_parse(der, &key, err);
    return take_key(pile, was_read, key, password, err);
}

static bool add_traditional_key(struct cert_pile *pile, const struct pem_block *block,
                                const struct password *password, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    bool was_read =
        private_key_decrypt_traditional(block->text, block->text_size, password->text, &key, err);
    return take_key(pile, was_read, key, password, err);
}

enum content { CONTENT_STRANGER, CONTENT_CERT, CONTENT_CHAIN, CONTENT_KEY };

static const struct label {
    const char *label;
    enum content content;
    struct cert_pile_stranger stranger; /* for where it is not wanted */
} labels[] = {
    {"CERTIFICATE", CONTENT_CERT, {"a certificate", NULL, NULL}},
    {"X509 CERTIFICATE", CONTENT_CERT, {"a certificate", NULL, NULL}},
    {"PKCS7", CONTENT_CHAIN, {"a PKCS#7 chain", NULL, NULL}},
    {"CMS", CONTENT_CHAIN, {"a PKCS#7 chain", NULL, NULL}},
    {"PRIVATE KEY", CONTENT_KEY, {"a private key", NULL, NULL}},
    {"ENCRYPTED PRIVATE KEY", CONTENT_KEY, {"a private key", NULL, NULL}},
    {"RSA PRIVATE KEY", CONTENT_KEY, {"a private key", NULL, NULL}},
    {"EC PRIVATE KEY", CONTENT_KEY, {"a private key", NULL, NULL}},
    {"CERTIFICATE REQUEST",
     CONTENT_STRANGER,
     {"a certificate request", file_form_request_mend, NULL}},
    {"NEW CERTIFICATE REQUEST",
     CONTENT_STRANGER,
     {"a certificate request", file_form_request_mend, NULL}},
    {"TRUSTED CERTIFICATE",
     CONTENT_STRANGER,
     {"a certificate in OpenSSL's own form", "convert it with \"openssl x509 -in OLD -out NEW\"",
      NULL}},
    {"OPENSSH PRIVATE KEY",
     CONTENT_STRANGER,
     {"an OpenSSH key", NULL, "convert a copy of it with \"ssh-keygen -p -m PKCS8 -f COPY\""}},
    {"DSA PRIVATE KEY",
     CONTENT_STRANGER,
     {"a DSA key, which no browser takes", NULL, "make one with ECDSA P-256 or RSA 2048"}},
    {"PGP PRIVATE KEY BLOCK", CONTENT_STRANGER, {"a PGP key", NULL, "put a TLS key there"}},
    {"PUBLIC KEY", CONTENT_STRANGER, {"a public key", NULL, NULL}},
    {"RSA PUBLIC KEY", CONTENT_STRANGER, {"a public key", NULL, NULL}},
    {"X509 CRL", CONTENT_STRANGER, {"a revocation list", NULL, NULL}},
};

static const struct label *label_of(const struct pem_block *block) {
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (pem_block_is(block, labels[i].label))
            return &labels[i];
    return NULL; /* "EC PARAMETERS" and the like stand beside what matters */
}

static bool is_wanted(enum content content, unsigned wanted) {
    return (content == CONTENT_KEY && (wanted & CERT_PILE_KEYS)) ||
           ((content == CONTENT_CERT || content == CONTENT_CHAIN) && (wanted & CERT_PILE_CERTS));
}

static enum file_form_use use_of(unsigned wanted) {
    return wanted & CERT_PILE_ALONE ? FILE_FORM_ALONE : FILE_FORM_ENTRY;
}

static bool add_block(struct cert_pile *pile, const struct pem_block *block, unsigned wanted,
                      const struct password *password, struct error *err) {
    const struct label *label = label_of(block);
    if (!label)
        return true;
    if (!is_wanted(label->content, wanted)) {
        if (!pile->stranger)
            pile->stranger = &label->stranger;
        return true;
    }
    if (label->content == CONTENT_KEY)
        return block->encrypted ? add_traditional_key(pile, block, password, err)
                                : add_key_der(pile, &block->der, password, err);
    if (label->content == CONTENT_CHAIN)
        return add_pkcs7(pile, &block->der, err);
    return cert_pile_add_cert(pile, block->der.data, block->der.size, err);
}

static bool add_pem(struct cert_pile *pile, const void *text, size_t size, unsigned wanted,
                    const struct password *password, struct error *err) {
    struct pem_reader reader = pem_open(text, size);
    for (;;) {
        struct pem_block block = {0};
        if (!pem_next(&reader, &block, err))
            return false;
        if (!block.label)
            return true;
        bool added = add_block(pile, &block, wanted, password, err);
        pem_block_finish(&block);
        if (!added)
            return false;
    }
}

/* PKCS#7 begins with its object identifier (RFC 2315: 1.2.840.113549.1.7.2, signedData). */
static bool is_pkcs7(const struct blob *der) {
    static const unsigned char signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                0xf7, 0x0d, 0x01, 0x07, 0x02};
    /* Behind a header of 2 to 6 octets; its length may be indefinite (BER). */
    for (size_t at = 2; at <= 6 && at + sizeof signed_data <= der->size; at++)
        if (memcmp(der->data + at, signed_data, sizeof signed_data) == 0)
            return true;
    return false;
}

static bool add_der(struct cert_pile *pile, const struct blob *der, unsigned wanted,
                    const struct password *password, struct error *err) {
    enum content content = CONTENT_CERT;
    if (private_key_form(der) != PRIVATE_KEY_NONE)
        content = CONTENT_KEY;
    else if (is_pkcs7(der))
        content = CONTENT_CHAIN;
    if (!is_wanted(content, wanted)) {
        file_form_explain(der, content == CONTENT_KEY ? "a certificate" : "a private key",
                          use_of(wanted), NULL, err);
        return false;
    }
    if (content == CONTENT_KEY)
        return add_key_der(pile, der, password, err);
    if (content == CONTENT_CHAIN)
        return add_pkcs7(pile, der, err);
    gnutls_x509_crt_t certificate = NULL;
    struct error reason = {0};
    if (!certificate_parse(der, &certificate, &reason)) {
        file_form_explain(der, "PEM or DER", use_of(wanted), &reason, err);
        return false;
    }
    gnutls_x509_crt_deinit(certificate);
    return cert_pile_add_cert(pile, der->data, der->size, err);
}

bool cert_pile_add_file(struct cert_pile *pile, const struct cert_file *file, unsigned wanted,
                        const struct password *password, struct error *err) {
    struct blob content = {(unsigned char *)file->data, file->size};
    switch (file_form(&content)) {
    case FILE_FORM_PEM:
        return add_pem(pile, content.data, content.size, wanted, password, err);
    case FILE_FORM_DER:
        return add_der(pile, &content, wanted, password, err);
    default:
        file_form_explain(&content, "PEM or DER", use_of(wanted), NULL, err);
        return false;
    }
}
