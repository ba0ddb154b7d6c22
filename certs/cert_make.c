#include "certs/cert_make.h"

#include "certs/cert_plan.h"
#include "certs/parsed.h"
#include "certs/private_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COMMON_NAME_LIMIT = 64 }; /* RFC 5280, ub-common-name */
enum { RSA_LEAST = 2048, RSA_MOST = 4096, RSA_STEP = 64, ECDSA_DEFAULT = 256 };

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
    static const unsigned ecdsa[] = {ECDSA_DEFAULT, 384, 521};
    for (size_t i = 0; i < sizeof ecdsa / sizeof *ecdsa; i++)
        if (is_choice(word, (struct cert_key_choice){CERT_FAMILY_ECDSA, ecdsa[i]}, out))
            return true;
    for (unsigned bits = RSA_LEAST; bits <= RSA_MOST; bits += RSA_STEP)
        if (is_choice(word, (struct cert_key_choice){CERT_FAMILY_RSA, bits}, out))
            return true;
    return false;
}

static bool check_common_name(const struct cert_wish *wish, struct error *err) {
    size_t length = strlen(wish->common_name);
    if (length == 0 || length > COMMON_NAME_LIMIT) {
        error_set(err, ERROR_INPUT,
                  "the common name \"%s\" has %zu characters, a certificate allows 1 to %d: give a "
                  "shorter one, longer names can stand among the alternative names",
                  wish->common_name, length, COMMON_NAME_LIMIT);
        return false;
    }
    return true;
}

bool cert_make_self_signed(const struct cert_wish *wish, struct cert_material *out,
                           struct error *err) {
    struct server_wish server = {.common_name = wish->common_name,
                                 .dns_names = wish->dns_names,
                                 .addresses = wish->addresses,
                                 .key = wish->key,
                                 .not_before = wish->not_before,
                                 .not_after = wish->not_after};
    struct cert_plan plan = {0};
    struct blob key = {0};
    if (!check_common_name(wish, err) ||
        !(wish->shape == CERT_SHAPE_CLASSIC ? cert_plan_for_classic(&server, &plan, err)
                                            : cert_plan_for_server(&server, &plan, err)))
        return false;
    bool ok =
        cert_plan_make_key(wish->key, &key, err) && cert_plan_self_sign(&plan, &key, out, err);
    blob_wipe(&key);
    cert_plan_finish(&plan);
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
