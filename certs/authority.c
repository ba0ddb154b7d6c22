#include "certs/authority.h"

#include "base/time_text.h"
#include "certs/name_constraints.h"
#include "certs/parsed.h"
#include "certs/pem.h"
#include "certs/pem_write.h"
#include "certs/private_key.h"

#include <stdlib.h>
#include <string.h>

enum { USAGE_SIGN_CERTIFICATES = 0x04, USAGE_SIGN_LISTS = 0x02 };

/* ---- making ---- */

/* `value` was given by one of cert_extension's functions, and is freed. */
static bool add_extension(struct cert_plan *plan, const char *oid, struct blob *value,
                          struct error *err) {
    bool ok = cert_extensions_set(&plan->extensions, oid, true, value);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    blob_finish(value);
    return ok;
}

/* What every authority of ours is. */
static bool begin_plan(const char *common_name, int64_t not_before, int64_t not_after,
                       struct cert_plan *plan, struct error *err) {
    struct blob value = {0};
    plan->key_ids = true;
    plan->not_before = not_before;
    plan->not_after = not_after;
    if (!common_name || !common_name[0]) {
        error_set(err, ERROR_INPUT,
                  "an authority needs a name: give one that people will recognise in a list");
        return false;
    }
    if (!x500_name_add(&plan->subject, X500_COMMON_NAME, common_name)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    return cert_extension_basic_constraints(true, 0, &value, err) &&
           add_extension(plan, CERT_OID_BASIC_CONSTRAINTS, &value, err) &&
           cert_extension_key_usage(USAGE_SIGN_CERTIFICATES | USAGE_SIGN_LISTS, &value, err) &&
           add_extension(plan, CERT_OID_KEY_USAGE, &value, err);
}

static bool add_constraints(struct cert_plan *plan, const struct authority_wish *wish,
                            struct error *err) {
    struct blob value = {0};
    if (wish->unconstrained)
        return true;
    if ((!wish->domains || wish->domains->count == 0) &&
        (!wish->networks || wish->networks->count == 0)) {
        error_set(err, ERROR_INPUT,
                  "whoever has the key of an authority without constraints can be every server of "
                  "the world to its clients: say for which domains and addresses it may issue, or "
                  "ask for one without constraints");
        return false;
    }
    return cert_extension_name_constraints(wish->domains, wish->networks, &value, err) &&
           add_extension(plan, CERT_OID_NAME_CONSTRAINTS, &value, err);
}

bool authority_make(const struct authority_wish *wish, struct cert_material *out,
                    struct error *err) {
    struct cert_plan plan = {0};
    struct blob key = {0};
    bool ok = begin_plan(wish->common_name, wish->not_before, wish->not_after, &plan, err) &&
              add_constraints(&plan, wish, err) && cert_plan_make_key(wish->key, &key, err) &&
              cert_plan_self_sign(&plan, &key, out, err);
    blob_wipe(&key);
    cert_plan_finish(&plan);
    return ok;
}

/* The extension as it stands, octet for octet; none is fine. */
static bool copy_constraints(gnutls_x509_crt_t from, struct cert_plan *plan, struct error *err) {
    gnutls_datum_t value = {0};
    int code =
        gnutls_x509_crt_get_extension_by_oid2(from, CERT_OID_NAME_CONSTRAINTS, 0, &value, NULL);
    if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return true;
    if (code < 0) {
        error_set_gnutls(err, code, "the authority's constraints cannot be read");
        return false;
    }
    struct blob der = {value.data, value.size};
    bool ok = cert_extensions_set(&plan->extensions, CERT_OID_NAME_CONSTRAINTS, true, &der);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    gnutls_free(value.data);
    return ok;
}

/* The leaves say by whom they were issued with the name's octets. */
static bool check_same_name(gnutls_x509_crt_t old, const struct cert_material *renewed,
                            struct error *err) {
    bool ok = false;
    gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t one = {0}, two = {0};
    if (!certificate_parse(&renewed->chain[0], &certificate, err))
        return false;
    if (gnutls_x509_crt_get_raw_dn(old, &one) == 0 &&
        gnutls_x509_crt_get_raw_dn(certificate, &two) == 0)
        ok = one.size == two.size && memcmp(one.data, two.data, one.size) == 0;
    if (!ok)
        error_set(err, ERROR_INPUT,
                  "the authority was made by another program, its name is more than a common name: "
                  "renew it there");
    gnutls_free(one.data);
    gnutls_free(two.data);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

bool authority_renew(const struct cert_material *authority, int64_t not_before, int64_t not_after,
                     struct cert_material *out, struct error *err) {
    bool ok = false;
    const struct blob *der = &authority->chain[0];
    gnutls_x509_crt_t old = NULL;
    struct cert_info info = {0};
    struct cert_plan plan = {0};
    struct cert_material renewed = {0};
    if (!certificate_parse(der, &old, err) || !cert_info_from(old, der, &info, err))
        goto done;
    ok = begin_plan(info.common_name, not_before, not_after, &plan, err) &&
         copy_constraints(old, &plan, err) &&
         cert_plan_self_sign(&plan, &authority->key, &renewed, err) &&
         check_same_name(old, &renewed, err);
    if (ok) {
        *out = renewed;
        renewed = (struct cert_material){0};
    }
done:
    cert_material_finish(&renewed);
    cert_plan_finish(&plan);
    cert_info_finish(&info);
    gnutls_x509_crt_deinit(old);
    return ok;
}

/* ---- as text ---- */

static const char plain_label[] = "PRIVATE KEY";
static const char encrypted_label[] = "ENCRYPTED PRIVATE KEY";
static const char certificate_label[] = "CERTIFICATE";

/* PKCS#8; encrypted with PBES2, where GnuTLS takes HMAC-SHA-256 and 600000 iterations. */
static bool key_octets(const struct blob *der, const char *passphrase, struct blob *out,
                       struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    if (!private_key_parse(der, &key, err))
        return false;
    bool ok = private_key_encrypt(key, passphrase, out, err);
    gnutls_x509_privkey_deinit(key);
    return ok;
}

bool authority_write(const struct cert_material *authority, const char *passphrase,
                     struct blob *out, struct error *err) {
    struct blob key = {0};
    const struct pem_part parts[] = {
        {passphrase && passphrase[0] ? encrypted_label : plain_label, &key},
        {certificate_label, &authority->chain[0]},
    };
    bool ok = key_octets(&authority->key, passphrase, &key, err) && pem_write(parts, 2, out, err);
    blob_wipe(&key);
    return ok;
}

/* The blocks of the text. */
struct content {
    struct blob certificate, key;
    bool is_encrypted;
};

static void content_finish(struct content *content) {
    blob_finish(&content->certificate);
    blob_wipe(&content->key);
}

/* Takes the octets of a block that is wanted: the first of each kind. */
static void take_block(struct content *content, struct pem_block *block) {
    bool is_encrypted = pem_block_is(block, encrypted_label);
    struct blob *place = NULL;
    if (pem_block_is(block, certificate_label))
        place = &content->certificate;
    else if (is_encrypted || pem_block_is(block, plain_label))
        place = &content->key;
    if (!place || place->data)
        return;
    if (place == &content->key)
        content->is_encrypted = is_encrypted;
    *place = block->der;
    block->der = (struct blob){0};
}

static bool check_authority(const struct blob *der, struct error *err) {
    struct cert_info info = {0};
    if (!cert_info_read(der, &info, err))
        return false;
    bool ok = info.is_authority;
    if (!ok)
        error_set(err, ERROR_INPUT, "%s is not the certificate of an authority", info.subject);
    cert_info_finish(&info);
    return ok;
}

static bool read_content(const struct blob *pem, struct content *out, struct error *err) {
    struct content content = {0};
    struct pem_reader reader = pem_open(pem->data, pem->size);
    struct pem_block block = {0};
    bool ok = true;
    do {
        ok = pem_next(&reader, &block, err);
        if (ok && block.label)
            take_block(&content, &block);
        if (ok && !block.label)
            break;
        pem_block_finish(&block);
    } while (ok);
    if (ok && (!content.certificate.data || !content.key.data)) {
        error_set(err, ERROR_INPUT,
                  "it holds no %s: an authority is a key in PKCS#8 and its certificate, in PEM",
                  content.key.data ? certificate_label : plain_label);
        ok = false;
    }
    if (!ok || !check_authority(&content.certificate, err)) {
        content_finish(&content);
        return false;
    }
    *out = content;
    return true;
}

void authority_text_finish(struct authority_text *text) {
    blob_finish(&text->certificate);
}

bool authority_look(const struct blob *pem, struct authority_text *out, struct error *err) {
    struct content content = {0};
    if (!read_content(pem, &content, err))
        return false;
    *out = (struct authority_text){content.certificate, content.is_encrypted};
    content.certificate = (struct blob){0};
    content_finish(&content);
    return true;
}

static bool open_key(const struct content *content, const char *passphrase,
                     gnutls_x509_privkey_t *out, struct error *err) {
    struct error reason = {0};
    if (!content->is_encrypted)
        return private_key_parse(&content->key, out, err);
    if (!passphrase || !passphrase[0]) {
        error_set(err, ERROR_PERMISSION,
                  "the authority's key is encrypted: its passphrase is needed");
        return false;
    }
    if (private_key_decrypt(&content->key, passphrase, out, &reason))
        return true;
    if (reason.kind == ERROR_PERMISSION)
        error_set(err, ERROR_PERMISSION,
                  "the authority's key does not open with this passphrase: give the right one");
    else
        error_set(err, reason.kind, "%s", reason.text);
    return false;
}

static bool check_pair(const struct blob *der, gnutls_x509_privkey_t key, struct error *err) {
    gnutls_x509_crt_t certificate = NULL;
    if (!certificate_parse(der, &certificate, err))
        return false;
    bool ok = is_key_of(key, certificate);
    gnutls_x509_crt_deinit(certificate);
    if (!ok)
        error_set(err, ERROR_INPUT,
                  "the key is not that of the authority's certificate: put both back together");
    return ok;
}

bool authority_read(const struct blob *pem, const char *passphrase, struct cert_material *out,
                    struct error *err) {
    bool ok = false;
    struct content content = {0};
    gnutls_x509_privkey_t key = NULL;
    struct cert_material material = {0};
    if (!read_content(pem, &content, err))
        return false;
    if (!open_key(&content, passphrase, &key, err) || !check_pair(&content.certificate, key, err))
        goto done;
    material.chain = calloc(1, sizeof *material.chain);
    if (!material.chain) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    material.chain[material.chain_count++] = content.certificate;
    content.certificate = (struct blob){0};
    ok = private_key_export(key, &material.key, err);
    if (ok) {
        *out = material;
        material = (struct cert_material){0};
    }
done:
    cert_material_finish(&material);
    gnutls_x509_privkey_deinit(key);
    content_finish(&content);
    return ok;
}
