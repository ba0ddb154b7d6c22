#include "certs/cert_make.h"

#include "certs/cert_plan.h"
#include "certs/pem_write.h"
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
    /* No "%s": so every compiler sees, however it optimises, that each of them fits. */
    if (choice.family == CERT_FAMILY_RSA)
        snprintf(out, CERT_KEY_CHOICE_SIZE, "rsa-%u", bits_of(choice));
    else
        snprintf(out, CERT_KEY_CHOICE_SIZE, "ecdsa-p%u", bits_of(choice));
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

bool cert_to_pem(const struct cert_material *material, struct blob *out, struct error *err) {
    struct blob key = {0};
    struct pem_part *parts = calloc(1 + material->chain_count, sizeof *parts);
    if (!parts) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    parts[0] = (struct pem_part){"PRIVATE KEY", &key};
    for (size_t i = 0; i < material->chain_count; i++)
        parts[1 + i] = (struct pem_part){"CERTIFICATE", &material->chain[i]};
    bool ok = private_key_to_pkcs8(&material->key, &key, err) &&
              pem_write(parts, 1 + material->chain_count, out, err);
    blob_wipe(&key);
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
