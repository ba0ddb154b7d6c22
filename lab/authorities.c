#include "lab/authorities.h"

#include "certs/cert_extension.h"
#include "certs/x500_name.h"
#include "lab/forge.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIGITAL_SIGNATURE = 0x80, /* the bits of cert_extension_key_usage */
    CERT_SIGN = 0x04,
    CRL_SIGN = 0x02,
    NO_LIMIT = -1, /* of the path's length; 0 is what an intermediate has as a rule */
    NO_AUTHORITY = -2,
};

/* What an authority is. Zero-initialised is an intermediate as usual, below the root. */
struct shape {
    const char *name;    /* common name */
    const char *domain;  /* it may name this alone; "%": the laboratory's. NULL: no constraints */
    const char *purpose; /* extended key usage; NULL: none */
    int path_length;
    unsigned usage;        /* 0: keyCertSign and cRLSign; what is no authority has none */
    enum lab_issuer above; /* itself: a root */
    enum lab_signature signature;
    bool is_rsa, is_expired; /* expired: yesterday */
};

static const struct shape shapes[LAB_ISSUERS] = {
    [LAB_BY_INTERMEDIATE] = {.name = "mailstored laboratory intermediate", .above = LAB_BY_ROOT},
    [LAB_BY_ROOT] = {.name = "mailstored laboratory root",
                     .path_length = NO_LIMIT,
                     .above = LAB_BY_ROOT},
    [LAB_BY_STRANGER] = {.name = "mailstored laboratory stranger",
                         .path_length = NO_LIMIT,
                         .above = LAB_BY_STRANGER},
    [LAB_BY_EXPIRED_INTERMEDIATE] = {.name = "mailstored laboratory expired intermediate",
                                     .above = LAB_BY_ROOT,
                                     .is_expired = true},
    [LAB_BY_EXPIRED_ROOT] = {.name = "mailstored laboratory expired root",
                             .path_length = NO_LIMIT,
                             .above = LAB_BY_EXPIRED_ROOT,
                             .is_expired = true},
    /* Without a keyUsage, which could not allow it to sign either: one thing is wrong. */
    [LAB_BY_NO_AUTHORITY] = {.name = "mailstored laboratory no authority",
                             .path_length = NO_AUTHORITY,
                             .above = LAB_BY_ROOT},
    /* A path length would be wrong, too, where keyCertSign is not (RFC 5280, 4.2.1.9). */
    [LAB_BY_NO_SIGNER] = {.name = "mailstored laboratory no signer",
                          .path_length = NO_LIMIT,
                          .usage = DIGITAL_SIGNATURE | CRL_SIGN,
                          .above = LAB_BY_ROOT},
    [LAB_BY_ONE_TOO_DEEP] = {.name = "mailstored laboratory one too deep",
                             .above = LAB_BY_INTERMEDIATE},
    [LAB_BY_CONSTRAINED] = {.name = "mailstored laboratory constrained",
                            .domain = "%",
                            .above = LAB_BY_ROOT},
    [LAB_BY_CONSTRAINED_ELSEWHERE] = {.name = "mailstored laboratory constrained elsewhere",
                                      .domain = "elsewhere.example",
                                      .above = LAB_BY_ROOT},
    [LAB_BY_RSA] = {.name = "mailstored laboratory RSA", .above = LAB_BY_ROOT, .is_rsa = true},
    [LAB_BY_SHA1_INTERMEDIATE] = {.name = "mailstored laboratory SHA-1",
                                  .above = LAB_BY_ROOT,
                                  .signature = LAB_SHA1},
    [LAB_BY_UNSEEN] = {.name = "mailstored laboratory unseen", .above = LAB_BY_ROOT},
    [LAB_BY_OTHER_PURPOSE] = {.name = "mailstored laboratory other purpose",
                              .purpose = "1.3.6.1.5.5.7.3.2", /* clientAuth */
                              .above = LAB_BY_ROOT},
};

/* Not made yet: no certificate. */
struct made {
    struct lab_authority authority;
    struct blob key; /* its own; an RSA one is borrowed */
};

struct lab_authorities {
    const struct lab_keys *keys; /* borrowed */
    char *domain;
    int64_t now;
    struct made made[LAB_ISSUERS], namesake;
};

bool lab_authorities_create(const struct lab_keys *keys, const char *domain, int64_t now,
                            struct lab_authorities **out, struct error *err) {
    struct lab_authorities *authorities = calloc(1, sizeof *authorities);
    if (authorities)
        authorities->domain = strdup(domain);
    if (!authorities || !authorities->domain) {
        free(authorities);
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    authorities->keys = keys;
    authorities->now = now;
    *out = authorities;
    return true;
}

static void made_finish(struct made *made) {
    blob_finish(&made->authority.certificate);
    blob_finish(&made->authority.subject);
    blob_wipe(&made->key);
    *made = (struct made){0};
}

void lab_authorities_destroy(struct lab_authorities *authorities) {
    if (!authorities)
        return;
    for (size_t i = 0; i < LAB_ISSUERS; i++)
        made_finish(&authorities->made[i]);
    made_finish(&authorities->namesake);
    free(authorities->domain);
    free(authorities);
}

/* ---- making ---- */

static bool add_constraints(struct cert_extensions *list, const char *domain, struct error *err) {
    struct blob value = {0};
    char *items[] = {(char *)domain};
    const struct string_list domains = {items, 1}, networks = {0};
    return cert_extension_name_constraints(&domains, &networks, &value, err) &&
           forge_extension(list, CERT_OID_NAME_CONSTRAINTS, true, &value, err);
}

static bool add_purpose(struct cert_extensions *list, const char *purpose, struct error *err) {
    struct blob value = {0};
    char *items[] = {(char *)purpose};
    const struct string_list purposes = {items, 1};
    return cert_extension_key_purposes(&purposes, &value, err) &&
           forge_extension(list, CERT_OID_EXTENDED_KEY_USAGE, false, &value, err);
}

static bool add_extensions(struct cert_extensions *list, const struct shape *shape,
                           const char *domain, struct error *err) {
    struct blob value = {0};
    bool is_authority = shape->path_length != NO_AUTHORITY;
    unsigned usage = shape->usage ? shape->usage : CERT_SIGN | CRL_SIGN;
    if (!cert_extension_basic_constraints(
            is_authority, is_authority ? shape->path_length : NO_LIMIT, &value, err) ||
        !forge_extension(list, CERT_OID_BASIC_CONSTRAINTS, true, &value, err))
        return false;
    if (is_authority && (!cert_extension_key_usage(usage, &value, err) ||
                         !forge_extension(list, CERT_OID_KEY_USAGE, true, &value, err)))
        return false;
    if (shape->domain &&
        !add_constraints(list, strcmp(shape->domain, "%") == 0 ? domain : shape->domain, err))
        return false;
    return !shape->purpose || add_purpose(list, shape->purpose, err);
}

static bool encode_name(const char *common_name, struct blob *out, struct error *err) {
    struct x500_name name = {0};
    bool ok = x500_name_add(&name, X500_COMMON_NAME, common_name);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    ok = ok && x500_name_encode(&name, out, err);
    x500_name_finish(&name);
    return ok;
}

/* A root's life holds that of its intermediates, and ends soon: a client that cannot count beyond
 * 2038 is to stumble over the leaf that says so, and not over its authorities. */
static void set_life(struct forge_plan *plan, const struct shape *shape, bool is_root,
                     int64_t now) {
    static const int64_t day_s = 86400, year_s = 31536000;
    plan->begins = now - (is_root ? 5 : 2) * year_s;
    plan->ends = shape->is_expired ? now - day_s : now + (is_root ? 5 : 3) * year_s;
}

/* `above`: NULL for a root. */
static bool sign(const struct lab_authorities *authorities, const struct shape *shape,
                 const struct lab_authority *above, struct lab_authority *authority,
                 struct error *err) {
    struct cert_extensions extensions = {0};
    unsigned char serial[FORGE_SERIAL_SIZE];
    struct forge_plan plan = {.issuer = above ? above->subject : authority->subject,
                              .subject = authority->subject,
                              .key = authority->key,
                              .issuer_key = above ? above->key : authority->key,
                              .signature = shape->signature,
                              .extensions = &extensions};
    set_life(&plan, shape, !above, authorities->now);
    bool ok = add_extensions(&extensions, shape, authorities->domain, err) &&
              forge_key_ids(&extensions, plan.key, plan.issuer_key, err) &&
              forge_certificate(&plan, serial, &authority->certificate, err);
    cert_extensions_finish(&extensions);
    return ok;
}

/* False without an error: a key is not made yet. */
static bool make(struct lab_authorities *authorities, enum lab_issuer issuer, struct made *made,
                 struct error *err) {
    const struct shape *shape = &shapes[issuer];
    const struct lab_authority *above = NULL;
    made->authority.above = shape->above;
    made->authority.key =
        shape->is_rsa ? lab_key(authorities->keys, LAB_RSA_2048, false) : &made->key;
    if (!made->authority.key)
        return false;
    if (shape->above != issuer) {
        above = lab_authority(authorities, shape->above, err);
        if (!above)
            return false;
    }
    return (shape->is_rsa || lab_key_for_authority(&made->key, err)) &&
           encode_name(shape->name, &made->authority.subject, err) &&
           sign(authorities, shape, above, &made->authority, err);
}

static const struct lab_authority *take(struct lab_authorities *authorities, enum lab_issuer issuer,
                                        struct made *made, struct error *err) {
    if (!made->authority.certificate.data && !make(authorities, issuer, made, err)) {
        made_finish(made);
        return NULL;
    }
    return &made->authority;
}

const struct lab_authority *lab_authority(struct lab_authorities *authorities,
                                          enum lab_issuer issuer, struct error *err) {
    if (!shapes[issuer].name) {
        error_set(err, ERROR_INPUT, "what signs itself has no authority");
        return NULL;
    }
    return take(authorities, issuer, &authorities->made[issuer], err);
}

const struct lab_authority *lab_authority_namesake(struct lab_authorities *authorities,
                                                   struct error *err) {
    return take(authorities, LAB_BY_UNSEEN, &authorities->namesake, err);
}
