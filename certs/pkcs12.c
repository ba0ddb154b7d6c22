#include "certs/cert_pile.h"
#include "certs/file_form.h"
#include "certs/parsed.h"
#include "certs/private_key.h"

#include <gnutls/pkcs12.h>
#include <stdlib.h>
#include <string.h>

enum { BAG_LIMIT = 64 };

/* The password in the form this bundle takes it. */
struct chosen {
    const char *text;
    const struct password *given;
    bool is_proven; /* by the integrity check */
};

static bool check_iterations(unsigned iterations, struct error *err) {
    if (iterations <= KEY_ITERATION_LIMIT)
        return true;
    error_set(err, ERROR_INPUT, "it is encrypted with %u iterations, %d are allowed", iterations,
              KEY_ITERATION_LIMIT);
    return false;
}

/* The password that the bundle's integrity check takes. Without a password file the empty one is
 * tried in both its forms: RFC 7292 tells no password from "", and tools disagree which they
 * write. */
static bool choose_password(gnutls_pkcs12_t bundle, const struct password *password,
                            struct chosen *out, struct error *err) {
    unsigned iterations = 0;
    const char *given = password->text ? password->text : "";
    /* The identifier is asked for only to be freed: GnuTLS 3.7 loses one it does not know. */
    char *oid = NULL;
    int code = gnutls_pkcs12_mac_info(bundle, NULL, NULL, NULL, &iterations, &oid);
    gnutls_free(oid);
    if (code == GNUTLS_E_INVALID_REQUEST) { /* no integrity check: RFC 7292 allows it */
        *out = (struct chosen){given, password, false};
        return true;
    }
    if (code < 0) {
        error_set_gnutls(err, code,
                         "its integrity check is of a kind that cannot be read: export it again "
                         "with HMAC-SHA256");
        return false;
    }
    if (!check_iterations(iterations, err))
        return false;
    const char *const candidates[] = {given, NULL};
    size_t count = given[0] == '\0' ? 2 : 1;
    for (size_t i = 0; i < count; i++) {
        code = gnutls_pkcs12_verify_mac(bundle, candidates[i]);
        if (code == 0) {
            *out = (struct chosen){candidates[i], password, true};
            return true;
        }
    }
    if (code == GNUTLS_E_MAC_VERIFY_FAILED)
        password_explain(password, "the bundle", err);
    else
        error_set_gnutls(err, code, "its integrity cannot be checked");
    return false;
}

static bool add_key(struct cert_pile *pile, bool is_encrypted, const gnutls_datum_t *datum,
                    const struct chosen *chosen, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    struct blob der = {datum->data, datum->size};
    bool was_read = is_encrypted ? private_key_decrypt(&der, chosen->text, &key, err)
                                 : private_key_parse(&der, &key, err);
    if (was_read)
        return cert_pile_add_key(pile, key, err);
    if (err->kind != ERROR_PERMISSION)
        return false;
    /* An EC key without its public half that is not encrypted as certs/ec_key.h reads it; or a key
     * with a password of its own. */
    if (chosen->is_proven)
        error_set(err, ERROR_INPUT,
                  "the bundle's key does not open with the bundle's password, or is an EC key that "
                  "an older Java encrypted: write it again with a newer one's \"keytool "
                  "-importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12\"");
    else
        password_explain(chosen->given, "the bundle's key", err);
    return false;
}

static bool open_bag(gnutls_pkcs12_bag_t bag, const struct chosen *chosen, struct error *err) {
    unsigned iterations = 0;
    if (gnutls_pkcs12_bag_get_type(bag, 0) != GNUTLS_BAG_ENCRYPTED)
        return true;
    int code = gnutls_pkcs12_bag_enc_info(bag, NULL, NULL, NULL, NULL, &iterations, NULL);
    if (code == 0 && !check_iterations(iterations, err))
        return false;
    if (code == 0)
        code = gnutls_pkcs12_bag_decrypt(bag, chosen->text);
    if (code == 0)
        return true;
    if (code == GNUTLS_E_DECRYPTION_FAILED)
        password_explain(chosen->given, "the bundle", err);
    else
        error_set_gnutls(err, code, "what the bundle holds cannot be decrypted");
    return false;
}

/* The name on the key, or else on the certificate that says by its key identifier that it is the
 * key's; the first of either. */
static bool note_friendly_name(struct cert_pile *pile, gnutls_pkcs12_bag_t bag, unsigned at,
                               bool is_certificate, struct error *err) {
    char *name = NULL;
    gnutls_datum_t id = {0};
    if (pile->friendly_name || gnutls_pkcs12_bag_get_friendly_name(bag, at, &name) < 0 || !name ||
        !*name)
        return true;
    if (is_certificate && (gnutls_pkcs12_bag_get_key_id(bag, at, &id) < 0 || id.size == 0))
        return true;
    pile->friendly_name = strdup(name);
    if (!pile->friendly_name)
        error_set(err, ERROR_MEMORY, "out of memory");
    return pile->friendly_name;
}

static bool add_bag(struct cert_pile *pile, gnutls_pkcs12_bag_t bag, const struct chosen *chosen,
                    struct error *err) {
    if (!open_bag(bag, chosen, err))
        return false;
    int count = gnutls_pkcs12_bag_get_count(bag);
    for (int i = 0; i < count; i++) {
        gnutls_datum_t datum = {0};
        int type = gnutls_pkcs12_bag_get_type(bag, (unsigned)i);
        bool added = true;
        if (type < 0 || gnutls_pkcs12_bag_get_data(bag, (unsigned)i, &datum) < 0)
            continue;
        if (type == GNUTLS_BAG_CERTIFICATE)
            added = cert_pile_add_cert(pile, datum.data, datum.size, err);
        else if (type == GNUTLS_BAG_PKCS8_ENCRYPTED_KEY || type == GNUTLS_BAG_PKCS8_KEY)
            added = add_key(pile, type == GNUTLS_BAG_PKCS8_ENCRYPTED_KEY, &datum, chosen, err);
        if (!added ||
            !note_friendly_name(pile, bag, (unsigned)i, type == GNUTLS_BAG_CERTIFICATE, err))
            return false;
    }
    return true;
}

static bool add_bags(struct cert_pile *pile, gnutls_pkcs12_t bundle,
                     const struct password *password, struct error *err) {
    struct chosen chosen = {0};
    if (!choose_password(bundle, password, &chosen, err))
        return false;
    for (int i = 0; i < BAG_LIMIT; i++) {
        gnutls_pkcs12_bag_t bag = NULL;
        int code = gnutls_pkcs12_bag_init(&bag);
        if (code == 0)
            code = gnutls_pkcs12_get_bag(bundle, i, bag);
        bool ok = code == 0 && add_bag(pile, bag, &chosen, err);
        gnutls_pkcs12_bag_deinit(bag);
        if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return true;
        if (code < 0)
            error_set_gnutls(err, code, "the bundle cannot be read");
        if (!ok)
            return false;
    }
    error_set(err, ERROR_INPUT, "the bundle holds more than %d bags: export the chain alone",
              BAG_LIMIT);
    return false;
}

bool cert_pile_add_pkcs12(struct cert_pile *pile, const struct cert_file *file,
                          const struct password *password, struct error *err) {
    struct blob content = {(unsigned char *)file->data, file->size};
    if (file_form(&content) == FILE_FORM_PEM) {
        error_set(err, ERROR_INPUT, "expected PKCS#12, found PEM: name it NAME.pem");
        return false;
    }
    gnutls_pkcs12_t bundle = NULL;
    gnutls_datum_t datum = datum_of(&content);
    int code = gnutls_pkcs12_init(&bundle);
    if (code == 0)
        code = gnutls_pkcs12_import(bundle, &datum, GNUTLS_X509_FMT_DER, 0);
    bool ok = code == 0 && add_bags(pile, bundle, password, err);
    if (code < 0) {
        struct error reason = {0};
        error_set_gnutls(&reason, code, "the PKCS#12 bundle cannot be read");
        file_form_explain(&content, "PKCS#12", FILE_FORM_ENTRY, &reason, err);
    }
    gnutls_pkcs12_deinit(bundle);
    return ok;
}
