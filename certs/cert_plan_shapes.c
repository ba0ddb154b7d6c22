#include "certs/cert_plan.h"

#include <string.h>

enum { USAGE_SIGNATURE = 0x80, USAGE_ENCIPHERMENT = 0x20, CLASSIC_BITS = 2048 };

/* `value` was given by one of cert_extension's functions, and is freed. */
static bool add_extension(struct cert_plan *plan, const char *oid, bool critical,
                          struct blob *value, struct error *err) {
    bool ok = cert_extensions_set(&plan->extensions, oid, critical, value);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    blob_finish(value);
    return ok;
}

static bool add_names(struct cert_alt_names *names, enum cert_alt_kind kind,
                      const struct string_list *texts) {
    for (size_t i = 0; texts && i < texts->count; i++)
        if (!cert_alt_names_add(names, kind, texts->items[i], NULL))
            return false;
    return true;
}

/* Names first, then addresses; without either, no extension. */
static bool add_alternative_names(struct cert_plan *plan, const struct server_wish *wish,
                                  struct error *err) {
    struct cert_alt_names names = {0};
    struct blob value = {0};
    bool ok = add_names(&names, CERT_ALT_DNS, wish->dns_names) &&
              add_names(&names, CERT_ALT_ADDRESS, wish->addresses);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    else if (names.count > 0)
        ok = cert_extension_alternative_names(&names, &value, err) &&
             add_extension(plan, CERT_OID_ALTERNATIVE_NAME, false, &value, err);
    cert_alt_names_finish(&names);
    return ok;
}

static bool add_server_purpose(struct cert_plan *plan, struct error *err) {
    char *oids[] = {(char *)CERT_OID_SERVER_AUTH};
    struct blob value = {0};
    return cert_extension_key_purposes(&(struct string_list){oids, 1}, &value, err) &&
           add_extension(plan, CERT_OID_EXTENDED_KEY_USAGE, false, &value, err);
}

static bool add_leaf_usage(struct cert_plan *plan, struct error *err) {
    struct blob value = {0};
    /* RSA key exchange, for old clients, enciphers with the key; ECDSA keys only sign. */
    unsigned usage = USAGE_SIGNATURE;
    if (plan->key.family == CERT_FAMILY_RSA)
        usage |= USAGE_ENCIPHERMENT;
    return cert_extension_basic_constraints(false, -1, &value, err) &&
           add_extension(plan, CERT_OID_BASIC_CONSTRAINTS, true, &value, err) &&
           cert_extension_key_usage(usage, &value, err) &&
           add_extension(plan, CERT_OID_KEY_USAGE, true, &value, err);
}

/* An empty common name is left out: the alternative names are the subject then. */
static bool begin(const struct server_wish *wish, struct cert_plan *out, struct error *err) {
    struct cert_plan plan = {
        .key = wish->key, .not_before = wish->not_before, .not_after = wish->not_after};
    if (wish->common_name && wish->common_name[0] &&
        !x500_name_add(&plan.subject, X500_COMMON_NAME, wish->common_name)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *out = plan;
    return true;
}

static bool give(bool ok, struct cert_plan *plan, struct cert_plan *out) {
    if (ok)
        *out = *plan;
    else
        cert_plan_finish(plan);
    return ok;
}

bool cert_plan_for_server(const struct server_wish *wish, struct cert_plan *out,
                          struct error *err) {
    struct cert_plan plan = {0};
    if (!begin(wish, &plan, err))
        return false;
    plan.key_ids = true;
    bool ok = add_alternative_names(&plan, wish, err) && add_server_purpose(&plan, err);
    return give(ok, &plan, out);
}

bool cert_plan_for_classic(const struct server_wish *wish, struct cert_plan *out,
                           struct error *err) {
    struct cert_plan plan = {0};
    if (!begin(wish, &plan, err))
        return false;
    if (plan.key.bits == 0)
        plan.key = (struct cert_key_choice){CERT_FAMILY_RSA, CLASSIC_BITS};
    *out = plan;
    return true;
}

bool cert_plan_for_leaf(const struct server_wish *wish, struct cert_plan *out, struct error *err) {
    struct cert_plan plan = {0};
    if (!begin(wish, &plan, err))
        return false;
    plan.key_ids = true;
    bool ok = add_leaf_usage(&plan, err) && add_alternative_names(&plan, wish, err) &&
              add_server_purpose(&plan, err);
    return give(ok, &plan, out);
}
