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

static bool uri_fits(struct fact_span base, struct fact_span uri) {
    struct fact_span host = uri;
    for (size_t i = 2; i < uri.size && host.data == uri.data; i++)
        if (uri.data[i - 2] == ':' && uri.data[i - 1] == '/' && uri.data[i] == '/')
            host = tail_of(uri, i + 1);
    for (size_t i = 0; i < host.size; i++)
        if (strchr("/:?#", host.data[i])) {
            host.size = i;
            break;
        }
    return domain_fits(base, host);
}

/* The base is the beginning of the name. Both are sequences of RDNs. */
static bool directory_fits(struct fact_span base, struct fact_span name) {
    struct der_element rest = {0, base.data, base.size}, inner, own;
    if (!der_take(&rest, &inner))
        return false;
    rest = (struct der_element){0, name.data, name.size};
    return der_take(&rest, &own) && own.size >= inner.size &&
           (inner.size == 0 || memcmp(own.data, inner.data, inner.size) == 0);
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
        return uri_fits(base->value, name->value);
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

/* Does the "*" of "*.example.org" stand for a name that is excluded? */
static bool covers_excluded(const struct fact_names *excluded, const struct fact_name *name) {
    if (name->kind != FACT_NAME_DNS || name->value.size < 3 ||
        memcmp(name->value.data, "*.", 2) != 0)
        return false;
    for (size_t i = 0; i < excluded->count; i++)
        if (excluded->items[i].kind == FACT_NAME_DNS &&
            ends_with(excluded->items[i].value, tail_of(name->value, 1)))
            return true;
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

unsigned constraint_breaches(const struct facts *authority, const struct facts *below) {
    unsigned found = excludes_directories(authority) ? BREACH_DIRECTORY_SET : 0;
    for (size_t i = 0; i < below->names.count; i++) {
        const struct fact_name *name = &below->names.items[i];
        found |= breach_of(authority, name,
                           name->kind == FACT_NAME_DIRECTORY ? BREACH_DIRECTORY : BREACH_NAME);
    }
    const struct fact_name subject = {FACT_NAME_DIRECTORY, below->subject};
    enum { EMPTY = 2 }; /* octets of a name without parts */
    if (below->subject.size > EMPTY)
        found |= breach_of(authority, &subject, BREACH_DIRECTORY);
    if (!below->is_authority && below->common_name && !name_fit_has(below, FACT_NAME_DNS) &&
        strchr(below->common_name, '.')) {
        const struct fact_name name = {
            FACT_NAME_DNS, {(const unsigned char *)below->common_name, strlen(below->common_name)}};
        found |= breach_of(authority, &name, BREACH_COMMON_NAME);
    }
    return found;
}
