/* Plans of certificates, and keys to carry them out with. */
#pragma once

#include "certs/cert_plan.h"
#include "parsed_cert.h"

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */
static const int64_t day = 86400;

static const struct cert_key_choice p256 = {CERT_FAMILY_ECDSA, 256};
static const struct cert_key_choice rsa = {CERT_FAMILY_RSA, 2048};

/* Made once for each kind: RSA takes a while. Never freed by the tests. */
static inline const struct blob *key_of(struct cert_key_choice choice) {
    static struct {
        struct cert_key_choice choice;
        struct blob key;
    } keys[8];
    size_t i = 0;
    for (; keys[i].key.data; i++)
        if (keys[i].choice.family == choice.family && keys[i].choice.bits == choice.bits)
            return &keys[i].key;
    struct error err = {0};
    assert_true(i < sizeof keys / sizeof *keys - 1);
    keys[i].choice = choice;
    if (!cert_plan_make_key(choice, &keys[i].key, &err))
        fail_msg("%s", err.text);
    return &keys[i].key;
}

static inline struct cert_plan plan_of(const char *subject) {
    struct cert_plan plan = {.key_ids = true, .not_before = begin, .not_after = begin + 90 * day};
    struct error err = {0};
    if (!x500_name_parse(subject, &plan.subject, NULL, &err))
        fail_msg("%s", err.text);
    return plan;
}

static inline void add_name(struct cert_plan *plan, const char *name) {
    struct cert_alt_names names = {0};
    struct blob der = {0};
    assert_true(cert_alt_names_add(&names, CERT_ALT_DNS, name, NULL));
    assert_true(cert_extension_alternative_names(&names, &der, NULL));
    assert_true(cert_extensions_set(&plan->extensions, CERT_OID_ALTERNATIVE_NAME, false, &der));
    cert_alt_names_finish(&names);
    blob_finish(&der);
}

static inline struct cert_material self_signed(const struct cert_plan *plan,
                                               const struct blob *key) {
    struct cert_material material = {0};
    struct error err = {0};
    if (!cert_plan_self_sign(plan, key, &material, &err))
        fail_msg("%s", err.text);
    return material;
}
