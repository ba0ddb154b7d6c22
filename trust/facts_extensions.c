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

/* The one element of the value, of this kind. What stands behind it some clients pass over. */
static bool take_only(struct fact_span value, unsigned char tag, struct facts *facts,
                      struct der_element *out) {
    struct der_element rest = element_of(value);
    bool ok = der_take(&rest, out) && out->tag == tag;
    if (rest.size > 0)
        facts->oddities |= FACT_ODD_TRAILING;
    return ok;
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
    if (!take_only(value, DER_SEQUENCE, facts, &list))
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

static bool has_holes(const unsigned char *mask, size_t size) {
    bool is_over = false;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bool is_set = (mask[bit / 8] << bit % 8 & 0x80) != 0;
        if (is_set && is_over)
            return true;
        is_over |= !is_set;
    }
    return false;
}

static unsigned odd_network(struct der_element base) {
    enum { IPV4 = 2 * 4, IPV6 = 2 * 16 };
    if ((base.tag & 0x1f) != FACT_NAME_ADDRESS)
        return 0;
    if (base.size != IPV4 && base.size != IPV6)
        return FACT_ODD_NETWORK_SIZE;
    return has_holes(base.data + base.size / 2, base.size / 2) ? FACT_ODD_NETWORK : 0;
}

/* GeneralSubtrees (RFC 5280, 4.2.1.10). */
static enum reading read_subtrees(struct der_element list, struct facts *facts,
                                  struct fact_names *names) {
    struct der_element subtree, base;
    if (list.size == 0)
        facts->oddities |= FACT_ODD_SUBTREES;
    while (list.size > 0) {
        if (!der_take(&list, &subtree) || !der_take(&subtree, &base))
            return READING_MALFORMED;
        facts->oddities |= odd_network(base) | (subtree.size > 0 ? FACT_ODD_DISTANCE : 0);
        if (add_name(names, base) != READING_OK)
            return READING_NO_MEMORY;
    }
    return READING_OK;
}

static enum reading read_name_constraints(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    enum reading reading = READING_OK;
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    facts->has_name_constraints = true;
    if (list.size == 0)
        facts->oddities |= FACT_ODD_SUBTREES;
    while (reading == READING_OK && list.size > 0) {
        if (!der_take(&list, &part))
            return READING_MALFORMED;
        if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED))
            reading = read_subtrees(part, facts, &facts->permitted);
        else if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED | 1))
            reading = read_subtrees(part, facts, &facts->excluded);
    }
    return reading;
}

/* ---- what it is for ---- */

static void read_is_authority(struct der_element boolean, struct facts *facts) {
    facts->is_authority = boolean.size == 1 && boolean.data[0] != 0;
    if (facts->is_authority && boolean.data[0] != 0xff)
        facts->oddities |= FACT_ODD_BOOLEAN;
}

static void read_path_length(struct der_element length, struct facts *facts) {
    enum { MOST = 255 };
    facts->path_length = number_of(length);
    if (length.size > 0 && (length.data[0] & 0x80))
        facts->oddities |= FACT_ODD_LENGTH_NEGATIVE;
    else if (facts->path_length > MOST)
        facts->oddities |= FACT_ODD_LENGTH_LONG;
}

static enum reading read_constraints(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    facts->has_constraints = true;
    while (der_take(&list, &part)) {
        if (part.tag == DER_BOOLEAN)
            read_is_authority(part, facts);
        else if (part.tag == DER_INTEGER)
            read_path_length(part, facts);
    }
    return READING_OK;
}

static enum reading read_usage(struct fact_span value, struct facts *facts) {
    struct der_element bits;
    if (!take_only(value, DER_BIT_STRING, facts, &bits) || bits.size < 1)
        return READING_MALFORMED;
    facts->has_usage = true;
    facts->usage = bits.size > 1 ? bits.data[1] : 0;
    facts->usage |= bits.size > 2 ? (unsigned)bits.data[2] << 1 & 0x100 : 0;
    if (bits.size > 1 && bits.data[0] < 8 && bits.data[bits.size - 1] & ((1 << bits.data[0]) - 1))
        facts->oddities |= FACT_ODD_BITS;
    return READING_OK;
}

static enum reading read_netscape_type(struct fact_span value, struct facts *facts) {
    struct der_element bits;
    if (!take_only(value, DER_BIT_STRING, facts, &bits) || bits.size < 1)
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
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    facts->has_purposes = true;
    while (der_take(&list, &one))
        facts->purposes |= purpose_of(span_of(one));
    return READING_OK;
}

/* ---- keys ---- */

static enum reading read_subject_key(struct fact_span value, struct facts *facts) {
    struct der_element key;
    if (!take_only(value, DER_OCTET_STRING, facts, &key))
        return READING_MALFORMED;
    facts->subject_key = span_of(key);
    return READING_OK;
}

/* The first directory name among them. */
static struct fact_span directory_name_of(struct der_element names) {
    struct der_element one;
    while (der_take(&names, &one))
        if (one.tag == (DER_CONTEXT | DER_CONSTRUCTED | FACT_NAME_DIRECTORY))
            return span_of(one);
    return (struct fact_span){0};
}

static enum reading read_issuer_key(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    while (der_take(&list, &part)) {
        if (part.tag == DER_CONTEXT)
            facts->issuer_key = span_of(part);
        else if (part.tag == (DER_CONTEXT | 2))
            facts->issuer_serial = span_of(part);
        else if (part.tag == DER_CONTEXT_1)
            facts->issuer_issuer = directory_name_of(part);
    }
    return READING_OK;
}

/* ---- policies, and what is asked of the server ---- */

static bool has_policy(struct der_element policies, struct der_element wanted) {
    struct der_element one, oid;
    while (der_take(&policies, &one))
        if (der_take(&one, &oid) && fact_span_equal(span_of(oid), span_of(wanted)))
            return true;
    return false;
}

static bool has_twice(struct der_element policies) {
    struct der_element one, oid;
    while (der_take(&policies, &one))
        if (der_take(&one, &oid) && has_policy(policies, oid))
            return true;
    return false;
}

static enum reading read_policies(struct fact_span value, struct facts *facts) {
    struct der_element list;
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    facts->policies = span_of(list);
    if (list.size == 0 || has_twice(list))
        facts->oddities |= FACT_ODD_POLICY_TWICE;
    return READING_OK;
}

static enum reading read_policy_constraints(struct fact_span value, struct facts *facts) {
    struct der_element list, part;
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    if (list.size == 0)
        return READING_MALFORMED;
    while (der_take(&list, &part))
        if (part.tag == DER_CONTEXT)
            facts->explicit_policy = number_of(part);
    return READING_OK;
}

static enum reading read_features(struct fact_span value, struct facts *facts) {
    enum { STATUS_REQUEST = 5 };
    struct der_element list, one;
    if (!take_only(value, DER_SEQUENCE, facts, &list))
        return READING_MALFORMED;
    while (der_take(&list, &one))
        if (one.tag == DER_INTEGER && number_of(one) == STATUS_REQUEST)
            facts->must_staple = true;
        else
            facts->has_strange_feature = true;
    return READING_OK;
}

static enum reading read_inhibit_any(struct fact_span value, struct facts *facts) {
    struct der_element number;
    return take_only(value, DER_INTEGER, facts, &number) ? READING_OK : READING_MALFORMED;
}

/* Of AccessDescriptions what readers stumble over: that they are there. */
static enum reading read_access(struct fact_span value, struct facts *facts) {
    struct der_element list;
    return take_only(value, DER_SEQUENCE, facts, &list) && list.size > 0 ? READING_OK
                                                                         : READING_MALFORMED;
}

/* ---- all ---- */

static const struct {
    const char *oid;
    size_t size;
    enum reading (*read)(struct fact_span value, struct facts *facts);
    unsigned oddity; /* it cannot be read; 0: everybody minds */
} readers[] = {
    {"\x55\x1d\x11", 3, read_names, 0},
    {"\x55\x1d\x13", 3, read_constraints, 0},
    {"\x55\x1d\x0f", 3, read_usage, 0},
    {"\x55\x1d\x25", 3, read_purposes, 0},
    {"\x55\x1d\x0e", 3, read_subject_key, 0},
    {"\x55\x1d\x23", 3, read_issuer_key, 0},
    {"\x55\x1d\x1e", 3, read_name_constraints, 0},
    {"\x55\x1d\x20", 3, read_policies, FACT_ODD_POLICIES},
    {"\x55\x1d\x24", 3, read_policy_constraints, FACT_ODD_POLICY_CONSTRAINTS},
    {"\x55\x1d\x36", 3, read_inhibit_any, FACT_ODD_INHIBIT_ANY},
    {"\x2b\x06\x01\x05\x05\x07\x01\x01", 8, read_access, FACT_ODD_ACCESS},
    {"\x2b\x06\x01\x05\x05\x07\x01\x18", 8, read_features, FACT_ODD_FEATURES},
    {"\x60\x86\x48\x01\x86\xf8\x42\x01\x01", 9, read_netscape_type, 0},
};

bool facts_read_extensions(struct facts *facts) {
    bool is_there[sizeof readers / sizeof *readers] = {false};
    for (size_t i = 0; i < facts->extension_count; i++)
        for (size_t j = 0; j < sizeof readers / sizeof *readers; j++) {
            const struct fact_extension *extension = &facts->extensions[i];
            if (!is_oid(extension->oid, readers[j].oid, readers[j].size))
                continue;
            if (is_there[j] && !readers[j].oddity)
                facts->oddities |= FACT_ODD_TWICE_KNOWN;
            is_there[j] = true;
            enum reading reading = readers[j].read(extension->value, facts);
            if (reading == READING_NO_MEMORY)
                return false;
            if (reading == READING_MALFORMED)
                facts->oddities |= readers[j].oddity;
            facts->is_malformed |= reading == READING_MALFORMED && !readers[j].oddity;
        }
    return true;
}
