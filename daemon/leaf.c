#include "daemon/leaf.h"

#include "certs/authority.h"

#include <string.h>

enum {
    COMMON_NAME_LIMIT = 64, /* RFC 5280: ub-common-name */
    BACKDATED_S = 3600,     /* at most; of a short life its tenth */
};

static bool names_all(const struct string_list *held, const struct string_list *wished) {
    for (size_t i = 0; i < wished->count; i++)
        if (!string_list_has(held, wished->items[i]))
            return false;
    return true;
}

static bool is_named(const struct cert_info *info, const struct leaf_wish *wish) {
    const struct subject_names *names = &wish->names;
    return names_all(&info->dns_names, &names->dns) &&
           names_all(&info->addresses, &names->addresses) &&
           (!wish->names_exact || (info->dns_names.count == names->dns.count &&
                                   info->addresses.count == names->addresses.count));
}

static bool has_key(const struct cert_info *info, struct cert_key_choice key) {
    static const unsigned p256_bits = 256;
    enum cert_key_type type = key.family == CERT_FAMILY_RSA ? CERT_KEY_RSA : CERT_KEY_ECDSA;
    return info->key_type == type && info->key_bits == (key.bits ? key.bits : p256_bits);
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

enum leaf_state leaf_judge(const struct cert *leaf, const struct leaf_issuer *issuer,
                           const struct leaf_wish *wish, int64_t now, int64_t *due) {
    if (!leaf)
        return LEAF_MISSING;
    const struct cert_info *info = cert_info(leaf);
    if (cert_chain_count(leaf) < 2 || !blob_equal(cert_chain(leaf, 1), &issuer->certificate))
        return LEAF_OF_ANOTHER;
    if (!is_named(info, wish))
        return LEAF_MISNAMED;
    if (!has_key(info, wish->key))
        return LEAF_OF_OTHER_KEY;
    *due = authority_renewal_due(info->not_before,
                                 earlier(info->not_after, info->not_before + wish->lifetime_s));
    if (now < *due)
        return LEAF_GOOD;
    bool would_end_alike =
        info->not_after >= issuer->not_after && now + wish->lifetime_s >= issuer->not_after;
    return would_end_alike ? LEAF_ENDS_WITH_ISSUER : LEAF_DUE;
}

const char *leaf_reason(enum leaf_state state) {
    switch (state) {
    case LEAF_GOOD:
    case LEAF_ENDS_WITH_ISSUER:
        break;
    case LEAF_MISSING:
        return "there was none";
    case LEAF_OF_ANOTHER:
        return "the last one was not issued by the authority as it is now";
    case LEAF_MISNAMED:
        return "the last one had not the names that it should have";
    case LEAF_OF_OTHER_KEY:
        return "another kind of key is configured";
    case LEAF_DUE:
        return "the last one was at two thirds of its life";
    }
    return "the last one is good";
}

static bool add_permitted(const struct string_list *hosts, const struct leaf_issuer *issuer,
                          struct string_list *out) {
    for (size_t i = 0; i < hosts->count; i++)
        if (authority_permits(&issuer->certificate, hosts->items[i]) &&
            !string_list_add(out, hosts->items[i]))
            return false;
    return true;
}

bool leaf_permitted(const struct subject_names *names, const struct leaf_issuer *issuer,
                    struct subject_names *out) {
    return add_permitted(&names->dns, issuer, &out->dns) &&
           add_permitted(&names->addresses, issuer, &out->addresses);
}

int64_t leaf_begin(const struct leaf_issuer *issuer, int64_t lifetime_s, int64_t now) {
    int64_t begin = now - earlier(BACKDATED_S, lifetime_s / 10);
    return begin > issuer->not_before ? begin : earlier(issuer->not_before, now);
}

const char *leaf_common_name(const struct subject_names *names, const char *otherwise) {
    for (size_t i = 0; i < names->dns.count; i++)
        if (strlen(names->dns.items[i]) <= COMMON_NAME_LIMIT)
            return names->dns.items[i];
    return names->addresses.count > 0 ? names->addresses.items[0] : otherwise;
}
