#include "certs/cert_extension.h"

#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/names.h"

#include <stdlib.h>
#include <string.h>

/* GeneralName's choices (RFC 5280, 4.2.1.6). */
enum general_name {
    GENERAL_OTHER = DER_CONTEXT | DER_CONSTRUCTED,
    GENERAL_EMAIL = DER_CONTEXT | 1,
    GENERAL_DNS = DER_CONTEXT | 2,
    GENERAL_DIRECTORY = DER_CONTEXT | DER_CONSTRUCTED | 4,
    GENERAL_URL = DER_CONTEXT | 6,
    GENERAL_ADDRESS = DER_CONTEXT | 7,
    GENERAL_REGISTERED = DER_CONTEXT | 8,
};

void cert_alt_names_finish(struct cert_alt_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i].text);
        blob_finish(&names->items[i].der);
    }
    free(names->items);
    *names = (struct cert_alt_names){0};
}

bool cert_alt_names_add(struct cert_alt_names *names, enum cert_alt_kind kind, const char *text,
                        const struct blob *der) {
    struct cert_alt_name *items = realloc(names->items, (names->count + 1) * sizeof *names->items);
    if (!items)
        return false;
    names->items = items;
    struct cert_alt_name name = {.kind = kind, .text = text ? strdup(text) : NULL};
    if ((text && !name.text) || (der && !blob_copy(der->data, der->size, &name.der))) {
        free(name.text);
        return false;
    }
    items[names->count++] = name;
    return true;
}

static bool put_ascii(struct buffer *out, unsigned tag, const char *what, const char *text,
                      struct error *err) {
    bool is_ascii = text[0] != '\0';
    for (const char *c = text; *c; c++)
        is_ascii = is_ascii && *c > ' ' && *c < 0x7f;
    if (is_ascii)
        der_put_text(out, tag, text);
    else
        error_set(err, ERROR_INPUT,
                  "the %s \"%s\" is empty or has characters that cannot stand in one: write it in "
                  "ASCII without blanks",
                  what, text);
    return is_ascii;
}

static bool put_address(struct buffer *out, const char *text, struct error *err) {
    unsigned char octets[ADDRESS_OCTETS];
    size_t size = address_octets(text, octets);
    if (size > 0)
        der_put(out, GENERAL_ADDRESS, octets, size);
    else
        error_set(err, ERROR_INPUT, "\"%s\" is no address: write it as in 192.0.2.7 or 2001:db8::7",
                  text);
    return size > 0;
}

static bool check_oid(const char *text, struct error *err) {
    if (cert_oid_is_valid(text))
        return true;
    error_set(err, ERROR_INPUT,
              "\"%s\" is no object identifier: write it as in 1.3.6.1.4.1.311.20.2.3", text);
    return false;
}

/* One whole element. */
static bool put_element(struct buffer *out, const struct blob *der, const char *what,
                        struct error *err) {
    bool is_whole = der->size > 0 && der_claimed_size(der->data, der->size) == der->size;
    if (is_whole)
        buffer_append(out, der->data, der->size);
    else
        error_set(err, ERROR_INPUT, "the value of the %s is not one whole element of DER", what);
    return is_whole;
}

static bool put_other(struct buffer *out, const struct cert_alt_name *name, struct error *err) {
    size_t start = out->size;
    if (!check_oid(name->text, err))
        return false;
    der_put_oid(out, DER_OBJECT_IDENTIFIER, name->text);
    size_t value = out->size;
    if (!put_element(out, &name->der, "other name", err))
        return false;
    der_close(out, value, DER_CONTEXT | DER_CONSTRUCTED);
    der_close(out, start, GENERAL_OTHER);
    return true;
}

static bool put_name(struct buffer *out, const struct cert_alt_name *name, struct error *err) {
    size_t start = out->size;
    switch (name->kind) {
    case CERT_ALT_DNS:
        return put_ascii(out, GENERAL_DNS, "DNS name", name->text, err);
    case CERT_ALT_ADDRESS:
        return put_address(out, name->text, err);
    case CERT_ALT_EMAIL:
        return put_ascii(out, GENERAL_EMAIL, "e-mail address", name->text, err);
    case CERT_ALT_URL:
        return put_ascii(out, GENERAL_URL, "URL", name->text, err);
    case CERT_ALT_DIRECTORY:
        /* Name is a choice, which has no tag that could be replaced (X.680, 31.2.7). */
        if (!put_element(out, &name->der, "directory name", err))
            return false;
        der_close(out, start, GENERAL_DIRECTORY);
        return true;
    case CERT_ALT_REGISTERED:
        if (!check_oid(name->text, err))
            return false;
        der_put_oid(out, GENERAL_REGISTERED, name->text);
        return true;
    case CERT_ALT_OTHER:
        return put_other(out, name, err);
    }
    return false;
}

bool cert_extension_alternative_names(const struct cert_alt_names *names, struct blob *out,
                                      struct error *err) {
    struct buffer der = {0};
    if (names->count == 0) {
        error_set(err, ERROR_INPUT,
                  "the alternative names are none: name one, or leave the extension out");
        return false;
    }
    for (size_t i = 0; i < names->count; i++)
        if (!put_name(&der, &names->items[i], err)) {
            buffer_finish(&der);
            return false;
        }
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
}
