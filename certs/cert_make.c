#include "certs/cert_make.h"

#include "certs/names.h"
#include "certs/parsed.h"
#include "certs/private_key.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SERIAL_SIZE = 16,       /* 127 random bits; RFC 5280 allows 20 octets */
    COMMON_NAME_LIMIT = 64, /* RFC 5280, ub-common-name */
};

enum { RSA_LEAST = 2048, RSA_MOST = 4096, RSA_STEP = 64, ECDSA_DEFAULT = 256 };

static const struct {
    unsigned bits;
    gnutls_ecc_curve_t curve;
} ecdsa_curves[] = {
    {256, GNUTLS_ECC_CURVE_SECP256R1},
    {384, GNUTLS_ECC_CURVE_SECP384R1},
    {521, GNUTLS_ECC_CURVE_SECP521R1},
};
enum { ECDSA_CURVE_COUNT = sizeof ecdsa_curves / sizeof *ecdsa_curves };

static unsigned bits_of(struct cert_key_choice choice) {
    return choice.family == CERT_FAMILY_ECDSA && choice.bits == 0 ? ECDSA_DEFAULT : choice.bits;
}

const char *cert_key_choice_name(struct cert_key_choice choice,
                                 char out[static CERT_KEY_CHOICE_SIZE]) {
    const char *family = choice.family == CERT_FAMILY_RSA ? "rsa-" : "ecdsa-p";
    snprintf(out, CERT_KEY_CHOICE_SIZE, "%s%u", family, bits_of(choice));
    return out;
}

/* One that is written as it would be printed: so "rsa-02048" is none. */
static bool is_choice(const char *word, struct cert_key_choice choice,
                      struct cert_key_choice *out) {
    char name[CERT_KEY_CHOICE_SIZE];
    if (strcmp(word, cert_key_choice_name(choice, name)) != 0)
        return false;
    *out = choice;
    return true;
}

bool cert_key_choice_parse(const char *word, struct cert_key_choice *out) {
    for (size_t i = 0; i < ECDSA_CURVE_COUNT; i++)
        if (is_choice(word, (struct cert_key_choice){CERT_FAMILY_ECDSA, ecdsa_curves[i].bits}, out))
            return true;
    for (unsigned bits = RSA_LEAST; bits <= RSA_MOST; bits += RSA_STEP)
        if (is_choice(word, (struct cert_key_choice){CERT_FAMILY_RSA, bits}, out))
            return true;
    return false;
}

static int generate(struct cert_key_choice choice, gnutls_x509_privkey_t key) {
    if (choice.family == CERT_FAMILY_RSA)
        return gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, choice.bits, 0);
    for (size_t i = 0; i < ECDSA_CURVE_COUNT; i++)
        if (ecdsa_curves[i].bits == bits_of(choice))
            return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                                GNUTLS_CURVE_TO_BITS(ecdsa_curves[i].curve), 0);
    return GNUTLS_E_ECC_UNSUPPORTED_CURVE;
}

static bool make_key(struct cert_key_choice choice, gnutls_x509_privkey_t *out, struct error *err) {
    char name[CERT_KEY_CHOICE_SIZE];
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = generate(choice, key);
    if (code < 0) {
        gnutls_x509_privkey_deinit(key);
        error_set_gnutls(err, code, "a key (%s) cannot be made",
                         cert_key_choice_name(choice, name));
        return false;
    }
    *out = key;
    return true;
}

/* Positive, and of all its octets: the first bit clear, the second set. */
static int set_serial(gnutls_x509_crt_t certificate) {
    unsigned char serial[SERIAL_SIZE];
    int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    if (code < 0)
        return code;
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
    return gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
}

/* What both shapes have. */
static int set_basics(gnutls_x509_crt_t certificate, const struct cert_wish *wish,
                      gnutls_x509_privkey_t key) {
    int code = gnutls_x509_crt_set_version(certificate, 3);
    if (code == 0)
        code = set_serial(certificate);
    if (code == 0)
        code = gnutls_x509_crt_set_activation_time(certificate, (time_t)wish->not_before);
    if (code == 0)
        code = gnutls_x509_crt_set_expiration_time(certificate, (time_t)wish->not_after);
    if (code == 0)
        code =
            gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                          wish->common_name, (unsigned)strlen(wish->common_name));
    if (code == 0)
        code = gnutls_x509_crt_set_key(certificate, key);
    return code;
}

static int set_alternative_names(gnutls_x509_crt_t certificate, const struct cert_wish *wish) {
    for (size_t i = 0; wish->dns_names && i < wish->dns_names->count; i++) {
        const char *name = wish->dns_names->items[i];
        int code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
                                                        (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
        if (code < 0)
            return code;
    }
    for (size_t i = 0; wish->addresses && i < wish->addresses->count; i++) {
        unsigned char octets[ADDRESS_OCTETS];
        size_t size = address_octets(wish->addresses->items[i], octets);
        if (size == 0)
            return GNUTLS_E_ILLEGAL_PARAMETER;
        int code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, octets,
                                                        (unsigned)size, GNUTLS_FSAN_APPEND);
        if (code < 0)
            return code;
    }
    return 0;
}

/* No basicConstraints and no keyUsage: with either, one browser or another refuses a self-signed
 * certificate as its own trust anchor. */
static int set_modern_extensions(gnutls_x509_crt_t certificate, const struct cert_wish *wish) {
    unsigned char id[64];
    size_t size = sizeof id;
    int code = set_alternative_names(certificate, wish);
    if (code == 0)
        code = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (code == 0)
        code = gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA1, id, &size);
    if (code == 0)
        code = gnutls_x509_crt_set_subject_key_id(certificate, id, size);
    if (code == 0)
        code = gnutls_x509_crt_set_authority_key_id(certificate, id, size);
    return code;
}

static bool check_wish(const struct cert_wish *wish, struct error *err) {
    size_t length = strlen(wish->common_name);
    if (length == 0 || length > COMMON_NAME_LIMIT) {
        error_set(err, ERROR_INPUT,
                  "the common name \"%s\" has %zu characters, a certificate allows 1 to %d: give a "
                  "shorter one, longer names can stand among the alternative names",
                  wish->common_name, length, COMMON_NAME_LIMIT);
        return false;
    }
    if (wish->not_after <= wish->not_before) {
        error_set(err, ERROR_INPUT, "the certificate would end before it begins");
        return false;
    }
    return true;
}

/* The two into one material. */
static bool give_material(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                          struct cert_material *out, struct error *err) {
    bool ok = false;
    gnutls_datum_t der = {0};
    struct cert_material material = {.chain = calloc(1, sizeof *material.chain)};
    int code = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der);
    if (code < 0) {
        error_set_gnutls(err, code, "the certificate cannot be written");
        goto done;
    }
    if (!material.chain || !blob_copy(der.data, der.size, &material.chain[0])) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    material.chain_count = 1;
    if (!private_key_export(key, &material.key, err))
        goto done;
    *out = material;
    material = (struct cert_material){0};
    ok = true;
done:
    gnutls_free(der.data);
    cert_material_finish(&material);
    return ok;
}

bool cert_make_self_signed(const struct cert_wish *wish, struct cert_material *out,
                           struct error *err) {
    bool ok = false;
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t certificate = NULL;
    if (!check_wish(wish, err) || !make_key(wish->key, &key, err))
        goto done;
    int code = gnutls_x509_crt_init(&certificate);
    if (code == 0)
        code = set_basics(certificate, wish, key);
    if (code == 0 && wish->shape == CERT_SHAPE_MODERN)
        code = set_modern_extensions(certificate, wish);
    if (code == 0)
        code = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    if (code < 0) {
        error_set_gnutls(err, code, "a certificate for %s cannot be made", wish->common_name);
        goto done;
    }
    ok = give_material(certificate, key, out, err);
done:
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
    return ok;
}

static bool pem_of(const char *label, const struct blob *der, gnutls_datum_t *out,
                   struct error *err) {
    gnutls_datum_t datum = datum_of(der);
    int code = gnutls_pem_base64_encode2(label, &datum, out);
    if (code < 0)
        error_set_gnutls(err, code, "the %s cannot be written", label);
    return code == 0;
}

static void datum_wipe(gnutls_datum_t *datum) {
    if (datum->data)
        gnutls_memset(datum->data, 0, datum->size);
    gnutls_free(datum->data);
}

/* Always in PKCS#8, whatever form the material has it in. */
static bool key_pem(const struct blob *der, gnutls_datum_t *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    struct blob pkcs8 = {0};
    bool ok = private_key_parse(der, &key, err) && private_key_export(key, &pkcs8, err) &&
              pem_of("PRIVATE KEY", &pkcs8, out, err);
    gnutls_x509_privkey_deinit(key);
    blob_wipe(&pkcs8);
    return ok;
}

bool cert_to_pem(const struct cert_material *material, struct blob *out, struct error *err) {
    bool ok = false;
    size_t count = 1 + material->chain_count, size = 0;
    struct blob text = {0};
    gnutls_datum_t *parts = calloc(count, sizeof *parts);
    if (!parts) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    if (!key_pem(&material->key, &parts[0], err))
        goto done;
    for (size_t i = 1; i < count; i++)
        if (!pem_of("CERTIFICATE", &material->chain[i - 1], &parts[i], err))
            goto done;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    /* Allocated once: a buffer that grows would leave pieces of the key behind. */
    text.data = malloc(size + 1);
    if (!text.data) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(text.data + text.size, parts[i].data, parts[i].size);
        text.size += parts[i].size;
    }
    text.data[text.size] = '\0';
    *out = text;
    ok = true;
done:
    for (size_t i = 0; i < count; i++)
        datum_wipe(&parts[i]);
    free(parts);
    return ok;
}

/* Days of 29 February in the years 1 to `year`. */
static int64_t leap_days(int64_t year) {
    return year / 4 - year / 100 + year / 400;
}

int64_t years_after(int64_t not_before, int years) {
    static const int64_t day_s = 86400, last = 253402300799; /* 9999-12-31 23:59:59 UTC */
    time_t at = (time_t)not_before;
    struct tm parts;
    if (!gmtime_r(&at, &parts))
        return not_before;
    /* A year counts its own leap day only where the date stands behind it; so 29 February
     * becomes 1 March in a year that has none. */
    int64_t year = parts.tm_year + 1900 - (parts.tm_mon < 2 ? 1 : 0);
    int64_t days = 365 * (int64_t)years + leap_days(year + years) - leap_days(year);
    int64_t after = not_before + days * day_s;
    return after < last ? after : last;
}
