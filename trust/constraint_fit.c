#include "trust/constraint_fit.h"

#include "certs/der.h"
#include "trust/name_fit.h"

#include <string.h>
#include <strings.h>

static struct fact_span tail_of(struct fact_span span, size_t from) {
    return (struct fact_span){span.data + from, span.size - from};
}

static bool equal_folded(struct fact_span a, struct fact_span b) {
    return a.size == b.size &&
           (a.size == 0 || strncasecmp((const char *)a.data, (const char *)b.data, a.size) == 0);
}

static bool ends_with(struct fact_span name, struct fact_span end) {
    return name.size >= end.size && equal_folded(tail_of(name, name.size - end.size), end);
}

/* ".example.org": those below it alone; nothing: every name. */
static bool domain_fits(struct fact_span base, struct fact_span name) {
    if (base.size == 0)
        return true;
    if (base.data[0] == '.')
        return name.size > base.size && ends_with(name, base);
    return equal_folded(name, base) || (name.size > base.size && ends_with(name, base) &&
                                        name.data[name.size - base.size - 1] == '.');
}

static bool address_fits(struct fact_span base, struct fact_span address) {
    if (base.size != 2 * address.size)
        return false;
    for (size_t i = 0; i < address.size; i++)
        if ((address.data[i] ^ base.data[i]) & base.data[address.size + i])
            return false;
    return true;
}

/* Behind the last `mark`; all of it if there is none. */
static struct fact_span behind(struct fact_span text, unsigned char mark) {
    for (size_t i = text.size; i > 0; i--)
        if (text.data[i - 1] == mark)
            return tail_of(text, i);
    return text;
}

static bool mail_fits(struct fact_span base, struct fact_span mail) {
    if (base.size > 0 && memchr(base.data, '@', base.size))
        return equal_folded(base, mail);
    struct fact_span host = behind(mail, '@');
    if (base.size > 0 && base.data[0] == '.')
        return domain_fits(base, host);
    return base.size == 0 || equal_folded(base, host);
}

static struct fact_span host_of(struct fact_span uri) {
    struct fact_span host = uri;
    for (size_t i = 2; i < uri.size && host.data == uri.data; i++)
        if (uri.data[i - 2] == ':' && uri.data[i - 1] == '/' && uri.data[i] == '/')
            host = tail_of(uri, i + 1);
    for (size_t i = 0; i < host.size; i++)
        if (strchr("/:?#", host.data[i])) {
            host.size = i;
            break;
        }
    return host;
}

/* ---- directory names ---- */

static bool is_text(struct der_element value) {
    return value.tag == DER_UTF8_STRING || value.tag == DER_PRINTABLE_STRING ||
           value.tag == DER_IA5_STRING;
}

static bool is_space(struct fact_span text, size_t at) {
    return at < text.size && text.data[at] == ' ';
}

/* The next character: small, runs of spaces one, none at the ends; -1: there is none. */
static int next_folded(struct fact_span text, size_t *at) {
    size_t from = *at;
    while (is_space(text, *at))
        (*at)++;
    if (*at == text.size)
        return -1;
    if (from > 0 && *at > from)
        return ' ';
    unsigned char c = text.data[(*at)++];
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* RFC 5280, 7.1, of letters within ASCII. */
static bool value_fits(struct der_element a, struct der_element b) {
    struct fact_span left = {a.data, a.size}, right = {b.data, b.size};
    size_t i = 0, j = 0;
    if (!is_text(a) || !is_text(b))
        return a.tag == b.tag && fact_span_equal(left, right);
    for (;;) {
        int one = next_folded(left, &i), other = next_folded(right, &j);
        if (one != other || one < 0)
            return one == other;
    }
}

/* Of one RDN's attributes, in their order. */
static bool part_fits(struct der_element base, struct der_element name) {
    struct der_element pair, own, oid, own_oid, value, own_value;
    while (der_take(&base, &pair)) {
        if (!der_take(&name, &own) || !der_take(&pair, &oid) || !der_take(&own, &own_oid) ||
            !fact_span_equal((struct fact_span){oid.data, oid.size},
                             (struct fact_span){own_oid.data, own_oid.size}) ||
            !der_take(&pair, &value) || !der_take(&own, &own_value) ||
            !value_fits(value, own_value))
            return false;
    }
    return name.size == 0;
}

/* The base is the beginning of the name. Both are sequences of RDNs. */
static bool directory_fits(struct fact_span base, struct fact_span name) {
    struct der_element rest = {0, base.data, base.size}, parts, own_parts, part, own;
    if (!der_take(&rest, &parts))
        return false;
    rest = (struct der_element){0, name.data, name.size};
    if (!der_take(&rest, &own_parts))
        return false;
    while (der_take(&parts, &part))
        if (!der_take(&own_parts, &own) || !part_fits(part, own))
            return false;
    return true;
}

static bool fits(const struct fact_name *base, const struct fact_name *name) {
    switch (base->kind) {
    case FACT_NAME_DNS:
        return domain_fits(base->value, name->value);
    case FACT_NAME_ADDRESS:
        return address_fits(base->value, name->value);
    case FACT_NAME_EMAIL:
        return mail_fits(base->value, name->value);
    case FACT_NAME_URI:
        return domain_fits(base->value, host_of(name->value));
    case FACT_NAME_DIRECTORY:
        return directory_fits(base->value, name->value);
    default:
        return false;
    }
}

/* Is there a subtree of the name's kind, and does the name stand in one? */
static void look(const struct fact_names *subtrees, const struct fact_name *name, bool *is_there,
                 bool *is_in) {
    *is_there = *is_in = false;
    for (size_t i = 0; i < subtrees->count; i++) {
        if (subtrees->items[i].kind != name->kind)
            continue;
        *is_there = true;
        *is_in |= fits(&subtrees->items[i], name);
    }
}

static bool is_one_label(struct fact_span text) {
    return text.size > 0 && !memchr(text.data, '.', text.size);
}

/* Does the "*" of "*.example.org", which is one label, stand for a name that is excluded? */
static bool covers_excluded(const struct fact_names *excluded, const struct fact_name *name) {
    if (name->kind != FACT_NAME_DNS || name->value.size < 3 ||
        memcmp(name->value.data, "*.", 2) != 0)
        return false;
    const struct fact_span base = tail_of(name->value, 1);
    for (size_t i = 0; i < excluded->count; i++) {
        const struct fact_span out = excluded->items[i].value;
        if (excluded->items[i].kind == FACT_NAME_DNS && ends_with(out, base) &&
            is_one_label((struct fact_span){out.data, out.size - base.size}))
            return true;
    }
    return false;
}

static unsigned breach_of(const struct facts *authority, const struct fact_name *name,
                          unsigned breach) {
    bool is_there = false, is_in = false;
    look(&authority->excluded, name, &is_there, &is_in);
    if (is_in)
        return breach;
    look(&authority->permitted, name, &is_there, &is_in);
    if (is_there && !is_in)
        return breach;
    return covers_excluded(&authority->excluded, name) ? BREACH_WILDCARD : 0;
}

static bool excludes_directories(const struct facts *authority) {
    for (size_t i = 0; i < authority->excluded.count; i++)
        if (authority->excluded.items[i].kind == FACT_NAME_DIRECTORY)
            return true;
    return false;
}

/* RFC 5280 has a host fit itself alone where no dot begins the subtree. */
static bool is_beside(const struct fact_names *permitted, struct fact_span uri) {
    bool is_there = false;
    for (size_t i = 0; i < permitted->count; i++) {
        struct fact_span base = permitted->items[i].value, host = host_of(uri);
        if (permitted->items[i].kind != FACT_NAME_URI)
            continue;
        is_there = true;
        if (base.size == 0 ||
            (base.data[0] == '.' ? domain_fits(base, host) : equal_folded(base, host)))
            return false;
    }
    return is_there;
}

static bool is_constrained(const struct facts *authority, int kind) {
    for (size_t i = 0; i < authority->permitted.count; i++)
        if (authority->permitted.items[i].kind == kind)
            return true;
    for (size_t i = 0; i < authority->excluded.count; i++)
        if (authority->excluded.items[i].kind == kind)
            return true;
    return false;
}

static unsigned uri_breaches(const struct facts *authority, struct fact_span uri) {
    return (is_constrained(authority, FACT_NAME_URI) ? BREACH_URI : 0u) |
           (is_beside(&authority->permitted, uri) ? BREACH_URI_PART : 0u);
}

/* OpenSSL holds those of the subject against the constraints, too. */
static unsigned subject_email_breaches(const struct facts *authority, const struct facts *below) {
    static const unsigned char oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
    struct der_element rest = {0, below->subject.data, below->subject.size}, parts, part, pair,
                       type, value;
    unsigned found = 0;
    if (!der_take(&rest, &parts))
        return 0;
    while (der_take(&parts, &part))
        while (der_take(&part, &pair)) {
            if (!der_take(&pair, &type) || type.size != sizeof oid ||
                memcmp(type.data, oid, sizeof oid) != 0 || !der_take(&pair, &value))
                continue;
            const struct fact_name mail = {FACT_NAME_EMAIL, {value.data, value.size}};
            found |= breach_of(authority, &mail, BREACH_SUBJECT_EMAIL);
        }
    return found;
}

unsigned constraint_breaches(const struct facts *authority, const struct facts *below) {
    unsigned found = excludes_directories(authority) ? BREACH_DIRECTORY_SET : 0;
    for (size_t i = 0; i < below->names.count; i++) {
        const struct fact_name *name = &below->names.items[i];
        found |= breach_of(authority, name,
                           name->kind == FACT_NAME_DIRECTORY ? BREACH_DIRECTORY : BREACH_NAME);
        if (name->kind == FACT_NAME_URI)
            found |= uri_breaches(authority, name->value);
    }
    found |= subject_email_breaches(authority, below);
    const struct fact_name subject = {FACT_NAME_DIRECTORY, below->subject};
    enum { EMPTY = 2 }; /* octets of a name without parts */
    found |= breach_of(authority, &subject,
                       below->subject.size > EMPTY ? BREACH_DIRECTORY : BREACH_NO_SUBJECT);
    if (!below->is_authority && below->common_name && !name_fit_has(below, FACT_NAME_DNS) &&
        strchr(below->common_name, '.')) {
        const struct fact_name name = {
            FACT_NAME_DNS, {(const unsigned char *)below->common_name, strlen(below->common_name)}};
        found |= breach_of(authority, &name, BREACH_COMMON_NAME);
    }
    return found;
}
