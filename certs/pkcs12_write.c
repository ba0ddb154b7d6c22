/* GnuTLS writes friendly names octet by octet, so that only ASCII survives; therefore the bags are
 * written here, and with them what is around them. */
#include "certs/cert_export.h"
#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/parsed.h"
#include "certs/pkcs12_mac.h"
#include "certs/private_key.h"

#include <gnutls/crypto.h>
#include <gnutls/pkcs12.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOCAL_KEY_ID_SIZE = 20,
    SALT_SIZE = 16,
    BLOCK_SIZE = 16, /* AES */
    KEY_SIZE = 32,
    /* Ten times what Java takes itself, fifty times OpenSSL's. Of the three derivations in a file
     * Java does two to list it and all to use its key: with GnuTLS's 600000 that takes seconds, at
     * each start of a server; so `keytool -list` stays below one. */
    ITERATIONS = 100000,
    EXPLICIT = DER_CONTEXT | DER_CONSTRUCTED,
};

static const char oid_data[] = "1.2.840.113549.1.7.1";
static const char oid_encrypted_data[] = "1.2.840.113549.1.7.6";
static const char oid_key_bag[] = "1.2.840.113549.1.12.10.1.2"; /* pkcs8ShroudedKeyBag */
static const char oid_cert_bag[] = "1.2.840.113549.1.12.10.1.3";
static const char oid_x509[] = "1.2.840.113549.1.9.22.1";
static const char oid_friendly_name[] = "1.2.840.113549.1.9.20";
static const char oid_local_key_id[] = "1.2.840.113549.1.9.21";
static const char oid_pbes2[] = "1.2.840.113549.1.5.13";
static const char oid_pbkdf2[] = "1.2.840.113549.1.5.12";
static const char oid_hmac_sha256[] = "1.2.840.113549.2.9";
static const char oid_sha256[] = "2.16.840.1.101.3.4.2.1";
static const char oid_aes256_cbc[] = "2.16.840.1.101.3.4.1.42";

static void put_oid(struct buffer *out, const char *oid) {
    der_put_oid(out, DER_OBJECT_IDENTIFIER, oid);
}

/* What key and leaf have in common: Java joins the two by the local key id. */
struct label {
    const char *friendly_name;
    unsigned char key_id[LOCAL_KEY_ID_SIZE]; /* the certificate's SHA-1, as Windows has it */
};

/* bagAttributes. False: the name is no UTF-8. */
static bool put_label(struct buffer *out, const struct label *label) {
    size_t set = out->size;
    if (label->friendly_name && label->friendly_name[0]) {
        put_oid(out, oid_friendly_name);
        size_t values = out->size;
        if (!der_put_bmp_string(out, label->friendly_name, strlen(label->friendly_name)))
            return false;
        der_close(out, values, DER_SET);
        der_close(out, set, DER_SEQUENCE);
    }
    size_t id = out->size;
    put_oid(out, oid_local_key_id);
    size_t values = out->size;
    der_put(out, DER_OCTET_STRING, label->key_id, sizeof label->key_id);
    der_close(out, values, DER_SET);
    der_close(out, id, DER_SEQUENCE);
    der_close_set(out, set, DER_SET);
    return true;
}

/* SafeContents with the certificates; the first has the label. */
static bool put_cert_bags(struct buffer *out, const struct cert_material *material,
                          const struct label *label) {
    size_t contents = out->size;
    for (size_t i = 0; i < material->chain_count; i++) {
        size_t bag = out->size;
        put_oid(out, oid_cert_bag);
        size_t value = out->size;
        put_oid(out, oid_x509);
        size_t certificate = out->size;
        der_put(out, DER_OCTET_STRING, material->chain[i].data, material->chain[i].size);
        der_close(out, certificate, EXPLICIT);
        der_close(out, value, DER_SEQUENCE);
        der_close(out, value, EXPLICIT);
        if (i == 0 && !put_label(out, label))
            return false;
        der_close(out, bag, DER_SEQUENCE);
    }
    der_close(out, contents, DER_SEQUENCE);
    return true;
}

/* ---- encryption (PBES2, RFC 8018) ---- */

struct encryption {
    unsigned char salt[SALT_SIZE], vector[BLOCK_SIZE];
};

static void put_encryption(struct buffer *out, const struct encryption *encryption) {
    size_t algorithm = out->size;
    put_oid(out, oid_pbes2);
    size_t parameters = out->size;
    put_oid(out, oid_pbkdf2);
    size_t derivation = out->size;
    der_put(out, DER_OCTET_STRING, encryption->salt, sizeof encryption->salt);
    der_put_number(out, ITERATIONS);
    size_t function = out->size;
    put_oid(out, oid_hmac_sha256);
    der_put(out, DER_NULL, NULL, 0);
    der_close(out, function, DER_SEQUENCE);
    der_close(out, derivation, DER_SEQUENCE);
    der_close(out, parameters, DER_SEQUENCE);
    size_t cipher = out->size;
    put_oid(out, oid_aes256_cbc);
    der_put(out, DER_OCTET_STRING, encryption->vector, sizeof encryption->vector);
    der_close(out, cipher, DER_SEQUENCE);
    der_close(out, parameters, DER_SEQUENCE);
    der_close(out, algorithm, DER_SEQUENCE);
}

/* Copies the content, padded (RFC 5652, 6.3), and encrypts the copy. Gives `out`: blob_finish. */
static int encrypt_copy(const void *content, size_t size, const char *password,
                        struct encryption *encryption, struct blob *out) {
    unsigned char key[KEY_SIZE];
    gnutls_cipher_hd_t cipher = NULL;
    gnutls_datum_t password_datum = {(unsigned char *)password, (unsigned)strlen(password)};
    gnutls_datum_t salt = {encryption->salt, sizeof encryption->salt};
    gnutls_datum_t vector = {encryption->vector, sizeof encryption->vector};
    gnutls_datum_t key_datum = {key, sizeof key};
    size_t missing = BLOCK_SIZE - size % BLOCK_SIZE;
    struct blob copy = {malloc(size + missing), size + missing};
    if (!copy.data)
        return GNUTLS_E_MEMORY_ERROR;
    memcpy(copy.data, content, size);
    memset(copy.data + size, (int)missing, missing);
    int code = gnutls_rnd(GNUTLS_RND_NONCE, encryption, sizeof *encryption);
    if (code == 0)
        code =
            gnutls_pbkdf2(GNUTLS_MAC_SHA256, &password_datum, &salt, ITERATIONS, key, sizeof key);
    if (code == 0)
        code = gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_CBC, &key_datum, &vector);
    if (code == 0)
        code = gnutls_cipher_encrypt(cipher, copy.data, copy.size);
    if (cipher)
        gnutls_cipher_deinit(cipher);
    memory_wipe(key, sizeof key);
    if (code == 0)
        *out = copy;
    else
        blob_wipe(&copy);
    return code;
}

/* SafeContents with the key, as EncryptedPrivateKeyInfo (RFC 5958). The label has proved good. */
static void put_key_bag(struct buffer *out, const struct encryption *encryption,
                        const struct blob *key, const struct label *label) {
    size_t contents = out->size;
    put_oid(out, oid_key_bag);
    size_t value = out->size;
    put_encryption(out, encryption);
    der_put(out, DER_OCTET_STRING, key->data, key->size);
    der_close(out, value, DER_SEQUENCE);
    der_close(out, value, EXPLICIT);
    put_label(out, label);
    der_close(out, contents, DER_SEQUENCE);
    der_close(out, contents, DER_SEQUENCE);
}

/* ---- the whole ---- */

struct integrity {
    unsigned char salt[PKCS12_MAC_SALT_SIZE], mac[PKCS12_MAC_SIZE];
};

/* ContentInfo with EncryptedData. */
static void put_encrypted(struct buffer *out, const struct blob *content,
                          const struct encryption *encryption) {
    size_t start = out->size;
    put_oid(out, oid_encrypted_data);
    size_t value = out->size;
    der_put_number(out, 0);
    size_t info = out->size;
    put_oid(out, oid_data);
    put_encryption(out, encryption);
    der_put(out, DER_CONTEXT, content->data, content->size);
    der_close(out, info, DER_SEQUENCE);
    der_close(out, value, DER_SEQUENCE);
    der_close(out, value, EXPLICIT);
    der_close(out, start, DER_SEQUENCE);
}

/* A ContentInfo with data is begun by its identifier, and closed around what follows. */
static void close_data(struct buffer *out, size_t start, size_t content) {
    der_close(out, content, DER_OCTET_STRING);
    der_close(out, content, EXPLICIT);
    der_close(out, start, DER_SEQUENCE);
}

/* MacData. */
static void put_mac(struct buffer *out, const struct integrity *integrity) {
    size_t start = out->size;
    put_oid(out, oid_sha256);
    der_put(out, DER_NULL, NULL, 0);
    der_close(out, start, DER_SEQUENCE);
    der_put(out, DER_OCTET_STRING, integrity->mac, sizeof integrity->mac);
    der_close(out, start, DER_SEQUENCE);
    der_put(out, DER_OCTET_STRING, integrity->salt, sizeof integrity->salt);
    der_put_number(out, ITERATIONS);
    der_close(out, start, DER_SEQUENCE);
}

static bool is_ascii(const char *text) {
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* PFX. Its integrity check is left for GnuTLS to fill if the password is beyond ASCII. */
static int put_bundle(struct buffer *out, const struct blob *certs,
                      const struct encryption *encryption, const struct buffer *key_bag,
                      const char *password) {
    struct integrity integrity = {0};
    der_put_number(out, 3);
    size_t safe = out->size;
    put_oid(out, oid_data);
    size_t contents = out->size;
    put_encrypted(out, certs, encryption);
    size_t inner = out->size;
    put_oid(out, oid_data);
    size_t inner_contents = out->size;
    buffer_append(out, key_bag->data, key_bag->size);
    close_data(out, inner, inner_contents);
    der_close(out, contents, DER_SEQUENCE);
    int code = out->failed ? GNUTLS_E_MEMORY_ERROR
                           : gnutls_rnd(GNUTLS_RND_NONCE, integrity.salt, sizeof integrity.salt);
    if (code == 0 && is_ascii(password))
        code = pkcs12_mac(out->data + contents, out->size - contents, password, integrity.salt,
                          ITERATIONS, integrity.mac);
    close_data(out, safe, contents);
    put_mac(out, &integrity);
    der_close(out, 0, DER_SEQUENCE);
    return code == 0 && out->failed ? GNUTLS_E_MEMORY_ERROR : code;
}

/* Has GnuTLS fill the integrity check in, which knows how passwords beyond ASCII are spelled. That
 * it takes 600000 iterations is no matter: Java opens no such file anyway. */
static int seal(struct buffer *bundle, const char *password) {
    gnutls_pkcs12_t pkcs12 = NULL;
    gnutls_datum_t datum = {(unsigned char *)bundle->data, (unsigned)bundle->size}, sealed = {0};
    int code = gnutls_pkcs12_init(&pkcs12);
    if (code == 0)
        code = gnutls_pkcs12_import(pkcs12, &datum, GNUTLS_X509_FMT_DER, 0);
    if (code == 0)
        code = gnutls_pkcs12_generate_mac2(pkcs12, GNUTLS_MAC_SHA256, password);
    if (code == 0)
        code = gnutls_pkcs12_export2(pkcs12, GNUTLS_X509_FMT_DER, &sealed);
    if (code == 0) {
        buffer_clear(bundle);
        buffer_append(bundle, sealed.data, sealed.size);
        code = bundle->failed ? GNUTLS_E_MEMORY_ERROR : 0;
    }
    gnutls_free(sealed.data);
    if (pkcs12)
        gnutls_pkcs12_deinit(pkcs12);
    return code;
}

static bool encrypt_key(const struct blob *der, const char *password, struct encryption *encryption,
                        struct blob *out, struct error *err) {
    struct blob key = {0};
    if (!private_key_to_pkcs8(der, &key, err))
        return false;
    int code = encrypt_copy(key.data, key.size, password, encryption, out);
    blob_wipe(&key);
    if (code < 0)
        error_set_gnutls(err, code, "the key cannot be encrypted");
    return code == 0;
}

/* Encrypts what holds the certificates, and gives the whole. */
static int write_bundle(const struct buffer *key_bag, const struct buffer *cert_bags,
                        const char *password, struct buffer *out) {
    struct encryption encryption;
    struct blob certs = {0};
    int code = key_bag->failed || cert_bags->failed
                   ? GNUTLS_E_MEMORY_ERROR
                   : encrypt_copy(cert_bags->data, cert_bags->size, password, &encryption, &certs);
    if (code == 0)
        code = put_bundle(out, &certs, &encryption, key_bag, password);
    if (code == 0 && !is_ascii(password))
        code = seal(out, password);
    blob_finish(&certs);
    return code;
}

static bool check_password(const char *password, struct error *err) {
    if (password && password[0])
        return true;
    error_set(err, ERROR_INPUT,
              "a PKCS#12 with a key needs a password: give one that is not empty");
    return false;
}

bool cert_export_p12(const struct cert_material *material, const char *friendly_name,
                     const char *password, struct blob *out, struct error *err) {
    bool ok = false;
    struct label label = {.friendly_name = friendly_name};
    struct buffer key_bag = {0}, cert_bags = {0}, bundle = {0};
    struct encryption encryption;
    struct blob key = {0};
    const struct blob *leaf = &material->chain[0];
    if (!check_password(password, err))
        return false;
    int code = gnutls_hash_fast(GNUTLS_DIG_SHA1, leaf->data, leaf->size, label.key_id);
    if (code == 0 && !put_cert_bags(&cert_bags, material, &label)) {
        error_set(err, ERROR_INPUT, "the friendly name is no UTF-8: give another one");
        goto done;
    }
    if (!encrypt_key(&material->key, password, &encryption, &key, err))
        goto done;
    put_key_bag(&key_bag, &encryption, &key, &label);
    if (code == 0)
        code = write_bundle(&key_bag, &cert_bags, password, &bundle);
    ok = code == 0 && blob_copy(bundle.data, bundle.size, out);
    if (code < 0)
        error_set_gnutls(err, code, "the PKCS#12 cannot be written");
    else if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
done:
    buffer_finish(&key_bag);
    buffer_finish(&cert_bags);
    blob_finish(&key);
    buffer_finish(&bundle);
    return ok;
}
