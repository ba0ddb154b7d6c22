#include "certs/cert_making.h"
#include "certs/der.h"
#include "certs/der_write.h"

#include <string.h>

static const char extension_request[] = "1.2.840.113549.1.9.14";      /* RFC 2985, 5.4.2 */
static const char enrollment_name_value[] = "1.3.6.1.4.1.311.13.2.1"; /* MS-WCCE, 2.2.2.7.10 */

static bool put_pair(struct buffer *out, const char *text, struct error *err) {
    const char *equals = strchr(text, '=');
    size_t start = out->size;
    if (!equals || equals == text) {
        error_set(err, ERROR_INPUT, "the request attribute \"%s\" is not of the form Name=value",
                  text);
        return false;
    }
    if (!der_put_bmp_string(out, text, (size_t)(equals - text)) ||
        !der_put_bmp_string(out, equals + 1, strlen(equals + 1))) {
        error_set(err, ERROR_INPUT, "the request attribute \"%s\" is no UTF-8", text);
        return false;
    }
    der_close(out, start, DER_SEQUENCE);
    return true;
}

/* All pairs are values of one attribute, since a request has each attribute once (RFC 2986). */
static bool put_pairs(struct buffer *out, const struct string_list *pairs, struct error *err) {
    size_t start = out->size;
    if (!pairs || pairs->count == 0)
        return true;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, enrollment_name_value);
    size_t values = out->size;
    for (size_t i = 0; i < pairs->count; i++)
        if (!put_pair(out, pairs->items[i], err))
            return false;
    der_close_set(out, values, DER_SET);
    der_close(out, start, DER_SEQUENCE);
    return true;
}

static void put_extension_request(const struct making *making, struct buffer *out) {
    size_t start = out->size;
    if (making->extensions.count == 0)
        return;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, extension_request);
    size_t values = out->size;
    cert_extensions_put(&making->extensions, out);
    der_close_set(out, values, DER_SET);
    der_close(out, start, DER_SEQUENCE);
}

/* CertificationRequestInfo, signed. */
static bool write_request(const struct making *making, const struct string_list *pairs,
                          struct blob *out, struct error *err) {
    struct buffer der = {0};
    der_put_number(&der, 0); /* version 1 */
    buffer_append(&der, making->subject.data, making->subject.size);
    buffer_append(&der, making->half.der.data, making->half.der.size);
    size_t attributes = der.size;
    put_extension_request(making, &der);
    if (!put_pairs(&der, pairs, err)) {
        buffer_finish(&der);
        return false;
    }
    der_close_set(&der, attributes, DER_CONTEXT | DER_CONSTRUCTED);
    der_close(&der, 0, DER_SEQUENCE);
    return signing_close(&making->signing, &der, out, err);
}

bool cert_plan_request(const struct cert_plan *plan, const struct blob *key,
                       const struct string_list *attributes, struct blob *out, struct error *err) {
    struct making making = {0};
    bool ok =
        making_begin(&making, plan, key, key, err) && write_request(&making, attributes, out, err);
    making_finish(&making);
    return ok;
}
