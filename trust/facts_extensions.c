/* What stands in a certificate's extensions. A table: one reader for each kind. */
#include "certs/der.h"
#include "trust/facts.h"

#include <stdlib.h>
#include <string.h>

/* A reader takes the extension's value; what it cannot read it leaves, and says so. */
enum reading { READING_OK, READING_MALFORMED, READING_NO_MEMORY };

static struct der_element element_of(struct fact_span span) {
    return (struct der_element){0, span.data, span.size};
}

static struct fact_span span_of(struct der_element element) {
    return (struct fact_span){element.data, element.size};
}

/* The one element of the value, of this kind, with nothing behind it. */
static bool take_only(struct fact_span value, unsigned char tag, struct der_element *out) {
    struct der_element rest = element_of(value);
    return der_take(&rest, out) && out->tag == tag && rest.size == 0;
}

static bool is_oid(struct fact_span oid, const char *octets, size_t size) {
    return oid.size == size && memcmp(oid.data, octets, size) == 0;
}

/* A small number that is not below 0; more counts as the most. */
static int number_of(struct der_element element) {
    enum { MOST = 1000 };
    int number = 0;
    for (size_t i = 0; i < element.size; i++)
        number = number >= MOST ? MOST : number * 256 + element.data[i];
    return number > MOST ? MOST : number;
}

/* ---- names ---- */

static enum reading add_name(struct fact_names *names, struct der_element element) {
    struct fact_name *items = realloc(names->items, (names->count + 1) * sizeof *items);
    if (!items)
        return READING_NO_MEMORY;
    names->items = items;
    items[names->count++] = (struct fact_name){element.tag & 0x1f, span_of(element)};
    return READING_OK;
}

static enum reading read_names(struct fact_span value, struct facts *facts) {
    struct der_element list, one;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    facts->has_names = true;
    while (list.size > 0) {
        if (!der_take(&list, &one))
            return READING_MALFORMED;
        if (add_name(&facts->names, one) != READING_OK)
            return READING_NO_MEMORY;
    }
    return READING_OK;
}

/* GeneralSubtrees (RFC 5280, 4.2.1.10): minimum and maximum are not used by anybody. */
static enum reading read_subtrees(struct der_element list, struct fact_names *names) {
    struct der_element subtree, base;
    while (list.size > 0) {
        if (!der_take(&list, &subtree) || !der_take(&subtree, &base))
            return READING_MALFORMED;
        if (add_name(names, base) != READING_OK)
            return READING_NO_MEMORY;
    }
    return READING_OK;
}

static enum reading read_name_constraints(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    enum reading reading = READING_OK;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    facts->has_name_constraints = true;
    while (reading == READING_OK && list.size > 0) {
        if (!der_take(&list, &part))
            return READING_MALFORMED;
        if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED))
            reading = read_subtrees(part, &facts->permitted);
        else if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED | 1))
            reading = read_subtrees(part, &facts->excluded);
    }
    return reading;
}

/* ---- what it is for ---- */

static enum reading read_constraints(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    facts->has_constraints = true;
    while (der_take(&list, &part)) {
        if (part.tag == DER_BOOLEAN)
            facts->is_authority = part.size == 1 && part.data[0] != 0;
        else if (part.tag == DER_INTEGER)
            facts->path_length = number_of(part);
    }
    return READING_OK;
}

static enum reading read_usage(struct fact_span value, struct facts *facts) {
    struct der_element bits;
    if (!take_only(value, DER_BIT_STRING, &bits) || bits.size < 1)
        return READING_MALFORMED;
    facts->has_usage = true;
    facts->usage = bits.size > 1 ? bits.data[1] : 0;
    return READING_OK;
}

static enum reading read_netscape_type(struct fact_span value, struct facts *facts) {
    struct der_element bits;
    if (!take_only(value, DER_BIT_STRING, &bits) || bits.size < 1)
        return READING_MALFORMED;
    facts->has_netscape_type = true;
    facts->netscape_type = bits.size > 1 ? bits.data[1] : 0;
    return READING_OK;
}

static const struct {
    const char *oid;
    size_t size;
    unsigned bit;
} purposes[] = {
    {"\x2b\x06\x01\x05\x05\x07\x03\x01", 8, FACT_PURPOSE_SERVER},
    {"\x55\x1d\x25\x00", 4, FACT_PURPOSE_ANY},
    {"\x2b\x06\x01\x05\x05\x07\x03\x09", 8, FACT_PURPOSE_OCSP},
    {"\x60\x86\x48\x01\x86\xf8\x42\x04\x01", 9, FACT_PURPOSE_GATED},
    {"\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x03", 10, FACT_PURPOSE_GATED},
};

static unsigned purpose_of(struct fact_span oid) {
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
        if (is_oid(oid, purposes[i].oid, purposes[i].size))
            return purposes[i].bit;
    return FACT_PURPOSE_OTHER;
}

static enum reading read_purposes(struct fact_span value, struct facts *facts) {
    struct der_element list, one;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    facts->has_purposes = true;
    while (der_take(&list, &one))
        facts->purposes |= purpose_of(span_of(one));
    return READING_OK;
}

/* ---- keys ---- */

static enum reading read_subject_key(struct fact_span value, struct facts *facts) {
    struct der_element key;
    if (!take_only(value, DER_OCTET_STRING, &key))
        return READING_MALFORMED;
    facts->subject_key = span_of(key);
    return READING_OK;
}

static enum reading read_issuer_key(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    while (der_take(&list, &part)) {
        if (part.tag == DER_CONTEXT)
            facts->issuer_key = span_of(part);
        else if (part.tag == (DER_CONTEXT | 2))
            facts->issuer_serial = span_of(part);
    }
    return READING_OK;
}

/* ---- policies, and what is asked of the server ---- */

static enum reading read_policies(struct fact_span value, struct facts *facts) {
    struct der_element list;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    facts->policies = span_of(list);
    return READING_OK;
}

static enum reading read_policy_constraints(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    while (der_take(&list, &part))
        if (part.tag == DER_CONTEXT)
            facts->explicit_policy = number_of(part);
    return READING_OK;
}

static enum reading read_features(struct fact_span value, struct facts *facts) {
    enum { STATUS_REQUEST = 5 };
    struct der_element list, one;
    if (!take_only(value, DER_SEQUENCE, &list))
        return READING_MALFORMED;
    while (der_take(&list, &one))
        facts->must_staple |= one.tag == DER_INTEGER && number_of(one) == STATUS_REQUEST;
    return READING_OK;
}

/* ---- all ---- */

static const struct {
    const char *oid;
    size_t size;
    enum reading (*read)(struct fact_span value, struct facts *facts);
} readers[] = {
    {"\x55\x1d\x11", 3, read_names},
    {"\x55\x1d\x13", 3, read_constraints},
    {"\x55\x1d\x0f", 3, read_usage},
    {"\x55\x1d\x25", 3, read_purposes},
    {"\x55\x1d\x0e", 3, read_subject_key},
    {"\x55\x1d\x23", 3, read_issuer_key},
    {"\x55\x1d\x1e", 3, read_name_constraints},
    {"\x55\x1d\x20", 3, read_policies},
    {"\x55\x1d\x24", 3, read_policy_constraints},
    {"\x2b\x06\x01\x05\x05\x07\x01\x18", 8, read_features},
    {"\x60\x86\x48\x01\x86\xf8\x42\x01\x01", 9, read_netscape_type},
};

bool facts_read_extensions(struct facts *facts) {
    for (size_t i = 0; i < facts->extension_count; i++)
        for (size_t j = 0; j < sizeof readers / sizeof *readers; j++) {
            const struct fact_extension *extension = &facts->extensions[i];
            if (!is_oid(extension->oid, readers[j].oid, readers[j].size))
                continue;
            enum reading reading = readers[j].read(extension->value, facts);
            if (reading == READING_NO_MEMORY)
                return false;
            facts->is_malformed |= reading == READING_MALFORMED;
        }
    return true;
}
