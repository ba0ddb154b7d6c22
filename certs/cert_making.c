#include "certs/cert_making.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <string.h>

void making_finish(struct making *making) {
    signing_finish(&making->signing);
    public_half_finish(&making->half);
    blob_finish(&making->subject);
    cert_extensions_finish(&making->extensions);
}

/* One that stands in the plan already goes first. */
static bool add_extension(struct making *making, const char *oid, struct buffer *der,
                          struct error *err) {
    struct blob value = {0};
    if (!der_give(der, &value, err))
        return false;
    bool ok = cert_extensions_find(&making->extensions, oid) ||
              cert_extensions_set(&making->extensions, oid, false, &value);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    blob_finish(&value);
    return ok;
}

static bool add_subject_key_id(struct making *making, struct error *err) {
    struct buffer der = {0};
    der_put(&der, DER_OCTET_STRING, making->half.id, sizeof making->half.id);
    return add_extension(making, CERT_OID_SUBJECT_KEY_ID, &der, err);
}

bool making_add_authority_key_id(struct making *making, const void *id, size_t size,
                                 struct error *err) {
    struct buffer der = {0};
    der_put(&der, DER_CONTEXT, id, size);
    der_close(&der, 0, DER_SEQUENCE);
    return add_extension(making, CERT_OID_AUTHORITY_KEY_ID, &der, err);
}

static bool copy_extensions(struct making *making, struct error *err) {
    const struct cert_extensions *planned = &making->plan->extensions;
    for (size_t i = 0; i < planned->count; i++) {
        const struct cert_extension *one = &planned->items[i];
        /* Where the subject is empty, the alternative names are the subject (RFC 5280, 4.2.1.6). */
        bool critical = one->critical || (making->plan->subject.count == 0 &&
                                          strcmp(one->oid, CERT_OID_ALTERNATIVE_NAME) == 0);
        if (!cert_oid_is_valid(one->oid)) {
            error_set(err, ERROR_INPUT, "the extension \"%s\" is no object identifier", one->oid);
            return false;
        }
        if (!cert_extensions_set(&making->extensions, one->oid, critical, &one->der)) {
            error_set(err, ERROR_MEMORY, "out of memory");
            return false;
        }
    }
    return true;
}

bool making_begin(struct making *making, const struct cert_plan *plan, const struct blob *key,
                  const struct blob *issuer_key, struct error *err) {
    struct signing own = {0};
    *making = (struct making){.plan = plan};
    bool ok = x500_name_encode(&plan->subject, &making->subject, err) &&
              signing_begin(issuer_key, plan->hash, plan->pss, &making->signing, err) &&
              signing_begin(key, CERT_HASH_SHA256, false, &own, err) &&
              signing_public_half(&own, &making->half, err) && copy_extensions(making, err) &&
              (!plan->key_ids || add_subject_key_id(making, err));
    signing_finish(&own);
    return ok;
}
