#include "certs/cert_extension.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void cert_extensions_finish(struct cert_extensions *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].oid);
        blob_finish(&list->items[i].der);
    }
    free(list->items);
    *list = (struct cert_extensions){0};
}

struct cert_extension *cert_extensions_find(const struct cert_extensions *list, const char *oid) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].oid, oid) == 0)
            return &list->items[i];
    return NULL;
}

/* A new one at the end, still without its value. NULL: out of memory. */
static struct cert_extension *add_extension(struct cert_extensions *list, const char *oid) {
    struct cert_extension *items = realloc(list->items, (list->count + 1) * sizeof *list->items);
    if (!items)
        return NULL;
    list->items = items;
    char *copy = strdup(oid);
    if (!copy)
        return NULL;
    items[list->count] = (struct cert_extension){.oid = copy};
    return &items[list->count++];
}

bool cert_extensions_set(struct cert_extensions *list, const char *oid, bool critical,
                         const struct blob *der) {
    struct blob copy;
    if (!blob_copy(der->data, der->size, &copy))
        return false;
    struct cert_extension *extension = cert_extensions_find(list, oid);
    if (!extension)
        extension = add_extension(list, oid);
    if (!extension) {
        blob_finish(&copy);
        return false;
    }
    blob_finish(&extension->der);
    extension->critical = critical;
    extension->der = copy;
    return true;
}

void cert_extensions_put(const struct cert_extensions *list, struct buffer *out) {
    static const unsigned char yes[] = {0xff};
    size_t start = out->size;
    for (size_t i = 0; i < list->count; i++) {
        const struct cert_extension *extension = &list->items[i];
        size_t one = out->size;
        der_put_oid(out, DER_OBJECT_IDENTIFIER, extension->oid);
        if (extension->critical)
            der_put(out, DER_BOOLEAN, yes, sizeof yes);
        der_put(out, DER_OCTET_STRING, extension->der.data, extension->der.size);
        der_close(out, one, DER_SEQUENCE);
    }
    der_close(out, start, DER_SEQUENCE);
}

/* One arc and the dot or end behind it. Below 2^63, since GnuTLS reads no greater ones. */
static bool take_arc(const char **text, uint64_t *out) {
    const char *at = *text;
    uint64_t value = 0;
    if (at[0] == '0' && at[1] >= '0' && at[1] <= '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (at == *text || (*at != '.' && *at != '\0'))
        return false;
    *text = at;
    *out = value;
    return true;
}

bool cert_oid_is_valid(const char *text) {
    uint64_t first = 0, arc = 0;
    if (strnlen(text, CERT_OID_SIZE) == CERT_OID_SIZE)
        return false;
    if (!take_arc(&text, &first) || *text++ != '.' || !take_arc(&text, &arc))
        return false;
    /* Both are written as one number, 40 times the first and the second. */
    if (first > 2 || (first < 2 && arc > 39) || arc > INT64_MAX - 80)
        return false;
    while (*text == '.') {
        text++;
        if (!take_arc(&text, &arc))
            return false;
    }
    return true;
}

bool cert_extension_key_purposes(const struct string_list *oids, struct blob *out,
                                 struct error *err) {
    struct buffer der = {0};
    if (oids->count == 0) {
        error_set(err, ERROR_INPUT,
                  "a list of key purposes needs at least one: write 1.3.6.1.5.5."
                  "7.3.1 for a server, or leave the extension out");
        return false;
    }
    for (size_t i = 0; i < oids->count; i++) {
        if (!cert_oid_is_valid(oids->items[i])) {
            buffer_finish(&der);
            error_set(err, ERROR_INPUT,
                      "the key purpose \"%s\" is no object identifier: write it as in "
                      "1.3.6.1.5.5.7.3.1",
                      oids->items[i]);
            return false;
        }
        der_put_oid(&der, DER_OBJECT_IDENTIFIER, oids->items[i]);
    }
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
}

bool cert_extension_key_usage(unsigned bits, struct blob *out, struct error *err) {
    static const unsigned defined = 0x80ff;
    if (bits == 0) {
        error_set(err, ERROR_INPUT,
                  "a key usage of 0 allows the key nothing: write 0xa0 for a server, or leave it "
                  "out");
        return false;
    }
    if (bits & ~defined) {
        error_set(err, ERROR_INPUT,
                  "the key usage 0x%x has bits without a meaning: it is made of 0x80 to 0x01, and "
                  "0x8000",
                  bits);
        return false;
    }
    /* The number of bits left out comes first; zeros at the end are left out (X.690, 11.2.2). */
    unsigned char octets[3] = {0, (unsigned char)bits, (unsigned char)(bits >> 8)};
    size_t size = octets[2] ? 3 : 2;
    while (!(octets[size - 1] >> octets[0] & 1))
        octets[0]++;
    struct buffer der = {0};
    der_put(&der, DER_BIT_STRING, octets, size);
    return der_give(&der, out, err);
}

bool cert_extension_basic_constraints(bool is_authority, int path_length, struct blob *out,
                                      struct error *err) {
    static const unsigned char yes[] = {0xff};
    struct buffer der = {0};
    if (!is_authority && path_length >= 0) {
        error_set(err, ERROR_INPUT,
                  "a path length of %d belongs to an authority, and this is none: leave it out, or "
                  "write ca=1",
                  path_length);
        return false;
    }
    if (is_authority)
        der_put(&der, DER_BOOLEAN, yes, sizeof yes);
    if (path_length >= 0)
        der_put_number(&der, (unsigned)path_length);
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
}
