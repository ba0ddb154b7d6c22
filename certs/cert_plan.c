#include "certs/cert_plan.h"

#include "base/time_text.h"
#include "certs/cert_making.h"
#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/parsed.h"
#include "certs/private_key.h"

#include <gnutls/crypto.h>
#include <stdlib.h>

enum { SERIAL_SIZE = 16 }; /* 126 random bits; RFC 5280 allows 20 octets */

void cert_plan_finish(struct cert_plan *plan) {
    x500_name_finish(&plan->subject);
    cert_extensions_finish(&plan->extensions);
    *plan = (struct cert_plan){0};
}

/* ---- keys ---- */

static int generate(struct cert_key_choice choice, gnutls_x509_privkey_t key) {
    static const struct {
        unsigned bits;
        gnutls_ecc_curve_t curve;
    } curves[] = {
        {0, GNUTLS_ECC_CURVE_SECP256R1},
        {256, GNUTLS_ECC_CURVE_SECP256R1},
        {384, GNUTLS_ECC_CURVE_SECP384R1},
        {521, GNUTLS_ECC_CURVE_SECP521R1},
    };
    if (choice.family == CERT_FAMILY_RSA)
        return gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, choice.bits, 0);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i].bits == choice.bits)
            return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                                GNUTLS_CURVE_TO_BITS(curves[i].curve), 0);
    return GNUTLS_E_ECC_UNSUPPORTED_CURVE;
}

bool cert_plan_make_key(struct cert_key_choice choice, struct blob *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = generate(choice, key);
    bool ok = code == 0 && private_key_export(key, out, err);
    if (code < 0) {
        char name[CERT_KEY_CHOICE_SIZE];
        error_set_gnutls(err, code, "a key (%s) cannot be made",
                         cert_key_choice_name(choice, name));
    }
    gnutls_x509_privkey_deinit(key);
    return ok;
}

/* ---- certificates ---- */

/* Positive, and of all its octets: the first bit clear, the second set. */
static bool put_serial(struct buffer *out, struct error *err) {
    unsigned char serial[SERIAL_SIZE];
    int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    if (code < 0) {
        error_set_gnutls(err, code, "there is no serial number for the certificate");
        return false;
    }
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
    der_put(out, DER_INTEGER, serial, sizeof serial);
    return true;
}

static bool check_times(const struct cert_plan *plan, struct error *err) {
    /* From 1950 to 9999: what the two forms can say. */
    static const int64_t first = -631152000, last = 253402300799;
    if (plan->not_after <= plan->not_before) {
        error_set(err, ERROR_INPUT, "the certificate would end before it begins");
        return false;
    }
    if (plan->not_before < first || plan->not_after > last) {
        error_set(err, ERROR_INPUT,
                  "a certificate can only say times from 1950 to 9999: choose others");
        return false;
    }
    return true;
}

/* What the certificate will say must be what we can read, also where the plan brought octets. */
static bool check_result(const struct blob *der, struct error *err) {
    struct cert_info info = {0};
    bool ok = cert_info_read(der, &info, err);
    if (ok)
        cert_info_finish(&info);
    else
        error_prefix(err, "the certificate would be none that can be read");
    return ok;
}

static void put_blob(struct buffer *out, const struct blob *der) {
    buffer_append(out, der->data, der->size);
}

/* TBSCertificate, signed. `issuer`: the issuer's name, DER. */
static bool write_certificate(const struct making *making, const struct blob *issuer,
                              struct blob *out, struct error *err) {
    struct buffer der = {0};
    struct blob signed_der = {0};
    der_put_number(&der, 2); /* version 3 */
    der_close(&der, 0, DER_CONTEXT | DER_CONSTRUCTED);
    if (!put_serial(&der, err)) {
        buffer_finish(&der);
        return false;
    }
    signing_put_algorithm(&making->signing, &der);
    put_blob(&der, issuer);
    size_t validity = der.size;
    der_put_time(&der, making->plan->not_before);
    der_put_time(&der, making->plan->not_after);
    der_close(&der, validity, DER_SEQUENCE);
    put_blob(&der, &making->subject);
    put_blob(&der, &making->half.der);
    size_t extensions = der.size;
    if (making->extensions.count > 0) {
        cert_extensions_put(&making->extensions, &der);
        der_close(&der, extensions, DER_CONTEXT | DER_CONSTRUCTED | 3);
    }
    der_close(&der, 0, DER_SEQUENCE);
    if (!signing_close(&making->signing, &der, &signed_der, err))
        return false;
    if (!check_result(&signed_der, err)) {
        blob_finish(&signed_der);
        return false;
    }
    *out = signed_der;
    return true;
}

/* The certificate, then `above`. Takes `der`, also on failure. */
static bool fill_chain(struct blob *der, const struct blob *above, size_t above_count,
                       struct cert_material *material) {
    material->chain = calloc(1 + above_count, sizeof *material->chain);
    if (!material->chain) {
        blob_finish(der);
        return false;
    }
    material->chain[material->chain_count++] = *der;
    *der = (struct blob){0};
    for (size_t i = 0; i < above_count; i++, material->chain_count++)
        if (!blob_copy(above[i].data, above[i].size, &material->chain[material->chain_count]))
            return false;
    return true;
}

/* Likewise, with the key in PKCS#8. */
static bool give_material(struct blob *der, const struct blob *above, size_t above_count,
                          const struct blob *key, struct cert_material *out, struct error *err) {
    struct cert_material material = {0};
    bool ok = fill_chain(der, above, above_count, &material);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    ok = ok && private_key_to_pkcs8(key, &material.key, err);
    if (ok)
        *out = material;
    else
        cert_material_finish(&material);
    return ok;
}

/* The octets of the subject key identifier that is to stand in the certificate. */
static bool add_own_authority_key_id(struct making *making, struct error *err) {
    const struct cert_extension *own =
        cert_extensions_find(&making->extensions, CERT_OID_SUBJECT_KEY_ID);
    struct der_element rest = {.data = own->der.data, .size = own->der.size}, id;
    if (der_take(&rest, &id) && id.tag == DER_OCTET_STRING)
        return making_add_authority_key_id(making, id.data, id.size, err);
    error_set(err, ERROR_INPUT, "the subject key identifier (%s) is no string of octets in DER",
              CERT_OID_SUBJECT_KEY_ID);
    return false;
}

bool cert_plan_self_sign(const struct cert_plan *plan, const struct blob *key,
                         struct cert_material *out, struct error *err) {
    struct making making = {0};
    struct blob der = {0};
    bool ok = check_times(plan, err) && making_begin(&making, plan, key, key, err) &&
              (!plan->key_ids || add_own_authority_key_id(&making, err)) &&
              write_certificate(&making, &making.subject, &der, err) &&
              give_material(&der, NULL, 0, key, out, err);
    making_finish(&making);
    return ok;
}

/* ---- issuing ---- */

static bool check_issuer_key(gnutls_x509_crt_t certificate, const struct blob *key,
                             struct error *err) {
    gnutls_x509_privkey_t parsed = NULL;
    if (!private_key_parse(key, &parsed, err))
        return false;
    bool ok = is_key_of(parsed, certificate);
    gnutls_x509_privkey_deinit(parsed);
    if (!ok)
        error_set(err, ERROR_INPUT, "the key is not the one of the authority's certificate");
    return ok;
}

static bool check_issuer(const struct cert_plan *plan, gnutls_x509_crt_t certificate,
                         const struct cert_info *info, struct error *err) {
    unsigned usage = 0;
    bool may_sign = gnutls_x509_crt_get_key_usage(certificate, &usage, NULL) < 0 ||
                    (usage & GNUTLS_KEY_KEY_CERT_SIGN);
    if (!info->is_authority || !may_sign) {
        error_set(err, ERROR_INPUT,
                  "%s is not the certificate of an authority, and may issue none: give an "
                  "authority's",
                  info->subject);
        return false;
    }
    if (plan->not_after > info->not_after) {
        char end[TIME_TEXT_SIZE];
        error_set(err, ERROR_INPUT,
                  "the authority %s ends on %s, before the certificate would: choose a shorter "
                  "life, or renew the authority",
                  info->subject, time_text_date(info->not_after, end));
        return false;
    }
    return true;
}

/* The issuer's subject key identifier; an issuer without one gives none to point at. */
static bool add_issuer_key_id(struct making *making, gnutls_x509_crt_t issuer, struct error *err) {
    unsigned char id[128];
    size_t size = sizeof id;
    if (gnutls_x509_crt_get_subject_key_id(issuer, id, &size, NULL) < 0)
        return true;
    return making_add_authority_key_id(making, id, size, err);
}

/* The name as it stands in the issuer's certificate, octet for octet. */
static bool read_issuer_name(gnutls_x509_crt_t issuer, struct blob *out, struct error *err) {
    gnutls_datum_t name = {0};
    int code = gnutls_x509_crt_get_raw_dn(issuer, &name);
    bool ok = code == 0 && blob_copy(name.data, name.size, out);
    if (code < 0)
        error_set_gnutls(err, code, "the authority's name cannot be read");
    else if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    gnutls_free(name.data);
    return ok;
}

bool cert_plan_issue(const struct cert_plan *plan, const struct blob *key,
                     const struct cert_material *issuer, struct cert_material *out,
                     struct error *err) {
    bool ok = false;
    gnutls_x509_crt_t certificate = NULL;
    struct cert_info info = {0};
    struct making making = {0};
    struct blob name = {0}, der = {0};
    const struct blob *own = &issuer->chain[0];
    if (!check_times(plan, err) || !certificate_parse(own, &certificate, err) ||
        !cert_info_from(certificate, own, &info, err))
        goto done;
    ok = check_issuer(plan, certificate, &info, err) &&
         check_issuer_key(certificate, &issuer->key, err) &&
         read_issuer_name(certificate, &name, err) &&
         making_begin(&making, plan, key, &issuer->key, err) &&
         (!plan->key_ids || add_issuer_key_id(&making, certificate, err)) &&
         write_certificate(&making, &name, &der, err) &&
         give_material(&der, issuer->chain, issuer->chain_count, key, out, err);
done:
    making_finish(&making);
    blob_finish(&name);
    cert_info_finish(&info);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}
