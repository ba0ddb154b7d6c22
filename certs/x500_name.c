#include "certs/x500_name.h"

#include "base/string_list.h"
#include "base/utf8.h"
#include "certs/cert_extension.h"
#include "certs/der.h"
#include "certs/der_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 5280 has two letters for a country; requests with its name in full are in circulation, and
 * whoever reads one for a person warns. */
enum { VALUE_LIMIT = 32768, COUNTRY_LIMIT = 64 };

/* What is known of an attribute: its keys in CertStrToName's documentation, and its type and
 * greatest length in characters (RFC 5280, appendix A.1; X.520). An attribute of two keys has two
 * rows. */
struct attribute_type {
    const char *key, *oid;
    unsigned tag;
    size_t most;
};
static const struct attribute_type types[] = {
    {"CN", X500_COMMON_NAME, DER_UTF8_STRING, 64},
    {"O", "2.5.4.10", DER_UTF8_STRING, 64},
    {"OU", "2.5.4.11", DER_UTF8_STRING, 64},
    {"L", "2.5.4.7", DER_UTF8_STRING, 128},
    {"S", "2.5.4.8", DER_UTF8_STRING, 128},
    {"ST", "2.5.4.8", DER_UTF8_STRING, 128},
    {"C", X500_COUNTRY, DER_PRINTABLE_STRING, COUNTRY_LIMIT},
    {"E", "1.2.840.113549.1.9.1", DER_IA5_STRING, 255},
    {"Email", "1.2.840.113549.1.9.1", DER_IA5_STRING, 255},
    {"DC", "0.9.2342.19200300.100.1.25", DER_IA5_STRING, 63},
    {"UID", "0.9.2342.19200300.100.1.1", DER_UTF8_STRING, 256},
    {"Street", "2.5.4.9", DER_UTF8_STRING, 128},
    {"PostalCode", "2.5.4.17", DER_UTF8_STRING, 40},
    {"POBox", "2.5.4.18", DER_UTF8_STRING, 40},
    {"Phone", "2.5.4.20", DER_PRINTABLE_STRING, 32},
    {"T", "2.5.4.12", DER_UTF8_STRING, 64},
    {"Title", "2.5.4.12", DER_UTF8_STRING, 64},
    {"Description", "2.5.4.13", DER_UTF8_STRING, 1024},
    {"SerialNumber", "2.5.4.5", DER_PRINTABLE_STRING, 64},
    {"SN", "2.5.4.4", DER_UTF8_STRING, VALUE_LIMIT},
    {"G", "2.5.4.42", DER_UTF8_STRING, VALUE_LIMIT},
    {"GN", "2.5.4.42", DER_UTF8_STRING, VALUE_LIMIT},
    {"GivenName", "2.5.4.42", DER_UTF8_STRING, VALUE_LIMIT},
    {"I", "2.5.4.43", DER_UTF8_STRING, VALUE_LIMIT},
    {"Initials", "2.5.4.43", DER_UTF8_STRING, VALUE_LIMIT},
    {"dnQualifier", "2.5.4.46", DER_PRINTABLE_STRING, VALUE_LIMIT},
};
enum { TYPE_COUNT = sizeof types / sizeof *types };

void x500_name_finish(struct x500_name *name) {
    for (size_t i = 0; i < name->count; i++) {
        free(name->attributes[i].oid);
        free(name->attributes[i].value);
    }
    free(name->attributes);
    *name = (struct x500_name){0};
}

bool x500_name_add(struct x500_name *name, const char *oid, const char *value) {
    struct x500_attribute *attributes =
        realloc(name->attributes, (name->count + 1) * sizeof *attributes);
    if (!attributes)
        return false;
    name->attributes = attributes;
    struct x500_attribute attribute = {strdup(oid), strdup(value)};
    if (!attribute.oid || !attribute.value) {
        free(attribute.oid);
        free(attribute.value);
        return false;
    }
    attributes[name->count++] = attribute;
    return true;
}

const char *x500_name_value(const struct x500_name *name, const char *oid) {
    for (size_t i = 0; i < name->count; i++)
        if (strcmp(name->attributes[i].oid, oid) == 0)
            return name->attributes[i].value;
    return NULL;
}

/* One that is not in the table: any text. */
static struct attribute_type type_of(const char *oid) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcmp(types[i].oid, oid) == 0)
            return types[i];
    return (struct attribute_type){oid, oid, DER_UTF8_STRING, VALUE_LIMIT};
}

static bool stands_in(unsigned tag, uint32_t point) {
    if (point < ' ' || (point >= 0x7f && point < 0xa0))
        return false;
    if (tag == DER_UTF8_STRING)
        return true;
    if (tag == DER_IA5_STRING)
        return point < 0x80;
    /* X.680, 41.4 */
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
           (point >= '0' && point <= '9') || (point < 0x80 && strchr(" '()+,-./:=?", (int)point));
}

/* The text is shown by whoever reports the error; here without what could move the cursor. */
static void explain_character(const struct attribute_type *type, const char *at, size_t bytes,
                              struct error *err) {
    struct buffer shown = {0};
    char character[8];
    snprintf(character, sizeof character, "%.*s", (int)(bytes ? bytes : 1), at);
    utf8_append_printable(&shown, character);
    error_set(err, ERROR_INPUT,
              "%s has the character \"%s\", which cannot stand there%s: leave it out", type->key,
              shown.data ? shown.data : "",
              type->tag == DER_UTF8_STRING ? "" : " (a plain ASCII text is wanted)");
    buffer_finish(&shown);
}

static bool check_value(const struct attribute_type *type, const char *value, struct error *err) {
    size_t length = 0, bytes = 0;
    for (const char *at = value; *at; at += bytes, length++) {
        uint32_t point = 0;
        bytes = utf8_read(at, &point);
        if (bytes == 0 || !stands_in(type->tag, point)) {
            explain_character(type, at, bytes, err);
            return false;
        }
    }
    if (length == 0) {
        error_set(err, ERROR_INPUT, "%s is empty: give it a value, or leave it out", type->key);
        return false;
    }
    if (length > type->most) {
        error_set(err, ERROR_INPUT, "%s has %zu characters, %zu are allowed: write a shorter one",
                  type->key, length, type->most);
        return false;
    }
    return true;
}

/* ---- reading the text ---- */

struct reader {
    const char *at;
    const char *attribute; /* where the one being read begins */
};

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_separator(char c) {
    return c == ',' || c == ';' || is_line_end(c);
}

static char *copy_of(const char *from, const char *end) {
    while (end > from && is_blank(end[-1]))
        end--;
    return strndup(from, (size_t)(end - from));
}

/* A key that somebody misspelt. */
static void explain_key(const char *key, struct error *err) {
    const char *keys[TYPE_COUNT + 1] = {NULL};
    for (size_t i = 0; i < TYPE_COUNT; i++)
        keys[i] = types[i].key;
    const char *nearest = nearest_word(key, keys);
    if (nearest)
        error_set(err, ERROR_INPUT, "\"%.64s\" is no attribute of a name: did you mean %s?", key,
                  nearest);
    else
        error_set(err, ERROR_INPUT,
                  "\"%.64s\" is no attribute of a name: write one such as CN, O, OU, L, S, C, or "
                  "an object identifier",
                  key);
}

/* The object identifier a key stands for, borrowed from the key or from the table; NULL: none. */
static const char *oid_of(const char *key) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcasecmp(types[i].key, key) == 0)
            return types[i].oid;
    const char *oid = strncasecmp(key, "OID.", 4) == 0 ? key + 4 : key;
    return cert_oid_is_valid(oid) ? oid : NULL;
}

/* Up to and with the "=". Gives the identifier. */
static bool read_key(struct reader *reader, char **out, struct error *err) {
    const char *from = reader->at;
    size_t size = strcspn(from, "=,;\r\n\"");
    if (from[size] != '=') {
        error_set(err, ERROR_INPUT,
                  "\"%.*s\" has no \"=\": write KEY=value, and a value with a separator in it in "
                  "quotes",
                  (int)(size < 64 ? size : 64), from);
        return false;
    }
    char *key = copy_of(from, from + size);
    if (!key) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    const char *oid = oid_of(key);
    char *copy = oid ? strdup(oid) : NULL;
    if (!oid)
        explain_key(key, err);
    else if (!copy)
        error_set(err, ERROR_MEMORY, "out of memory");
    free(key);
    reader->at += size + 1;
    *out = copy;
    return copy != NULL;
}

/* Between quotes; `""` is a quote. */
static bool read_quoted(struct reader *reader, struct buffer *value, struct error *err) {
    const char *from = ++reader->at;
    for (;;) {
        size_t size = strcspn(from, "\"");
        buffer_append(value, from, size);
        from += size;
        if (*from == '\0') {
            error_set(err, ERROR_INPUT,
                      "a quote is not closed: end the value with \", and write \"\" for a quote "
                      "within it");
            return false;
        }
        if (from[1] != '"')
            break;
        buffer_append(value, from, 1);
        from += 2;
    }
    reader->at = from + 1;
    return true;
}

static const char joined_mend[] = "several attributes joined by \"+\" are not supported: part them "
                                  "by commas, or put the whole value into quotes";

/* What cannot stand in a value without quotes, and why. */
static const char *mend_of(char c) {
    switch (c) {
    case '"':
        return "put the whole value into quotes, with \"\" for each quote within it";
    case '+':
        return joined_mend;
    case '=':
        return "part the attributes by commas, or put the value into quotes";
    case '#':
        return "values in hexadecimal are not supported: put the value into quotes";
    default:
        return NULL;
    }
}

static bool read_bare(struct reader *reader, struct buffer *value, struct error *err) {
    const char *from = reader->at;
    size_t size = strcspn(from, ",;\r\n\"+=");
    const char *at = from[0] == '#' ? from : from + size;
    const char *mend = mend_of(*at);
    if (mend) {
        error_set(err, ERROR_INPUT, "there is a \"%.1s\" in a value without quotes: %s", at, mend);
        return false;
    }
    reader->at += size;
    while (size > 0 && is_blank(from[size - 1]))
        size--;
    buffer_append(value, from, size);
    return true;
}

static void pass_blanks(struct reader *reader) {
    while (is_blank(*reader->at))
        reader->at++;
}

/* Behind a value: a separator or the end. Gives whether another attribute must follow. */
static bool pass_separator(struct reader *reader, bool *must_follow, struct error *err) {
    pass_blanks(reader);
    if (*reader->at && !is_separator(*reader->at)) {
        error_set(err, ERROR_INPUT,
                  "there is a \"%.1s\" between a closing quote and the next comma: %s", reader->at,
                  *reader->at == '+' ? joined_mend : "put the whole value into the quotes");
        return false;
    }
    *must_follow = *reader->at == ',' || *reader->at == ';';
    if (*reader->at)
        reader->at++;
    return true;
}

/* A value that is being read goes into `name` when it fits. */
static bool take_value(struct x500_name *name, const char *oid, struct buffer *text,
                       struct error *err) {
    buffer_append(text, "", 0);
    struct attribute_type type = type_of(oid);
    if (!text->failed && !check_value(&type, text->data, err))
        return false;
    if (text->failed || !x500_name_add(name, oid, text->data)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    return true;
}

static bool read_attribute(struct reader *reader, struct x500_name *name, struct error *err) {
    bool ok = false;
    char *oid = NULL;
    struct buffer value = {0};
    if (name->count == X500_ATTRIBUTE_LIMIT) {
        error_set(err, ERROR_INPUT, "the name has more than %d attributes: leave some out",
                  X500_ATTRIBUTE_LIMIT);
        return false;
    }
    if (!read_key(reader, &oid, err))
        return false;
    pass_blanks(reader);
    ok = (*reader->at == '"' ? read_quoted(reader, &value, err) : read_bare(reader, &value, err)) &&
         take_value(name, oid, &value, err);
    free(oid);
    buffer_finish(&value);
    return ok;
}

static bool read_all(struct reader *reader, struct x500_name *name, struct error *err) {
    bool must_follow = false;
    for (;;) {
        reader->attribute = reader->at;
        while (is_blank(*reader->at) || is_line_end(*reader->at))
            reader->at++;
        if (*reader->at == '\0' && !must_follow)
            return true;
        if (*reader->at == '\0' || is_separator(*reader->at)) {
            error_set(err, ERROR_INPUT,
                      "there is a separator without an attribute beside it: leave it out");
            return false;
        }
        reader->attribute = reader->at;
        if (!read_attribute(reader, name, err) || !pass_separator(reader, &must_follow, err))
            return false;
    }
}

bool x500_name_parse(const char *text, struct x500_name *out, size_t *offset, struct error *err) {
    struct reader reader = {.at = text, .attribute = text};
    struct x500_name name = {0};
    if (!read_all(&reader, &name, err)) {
        x500_name_finish(&name);
        if (offset)
            *offset = (size_t)(reader.attribute - text);
        return false;
    }
    *out = name;
    return true;
}

/* ---- writing ---- */

bool x500_name_encode(const struct x500_name *name, struct blob *out, struct error *err) {
    struct buffer der = {0};
    for (size_t i = 0; i < name->count; i++) {
        const struct x500_attribute *attribute = &name->attributes[i];
        struct attribute_type type = type_of(attribute->oid);
        size_t start = der.size;
        if (!cert_oid_is_valid(attribute->oid)) {
            error_set(err, ERROR_INPUT, "\"%s\" is no object identifier", attribute->oid);
            goto failed;
        }
        if (!check_value(&type, attribute->value, err))
            goto failed;
        der_put_oid(&der, DER_OBJECT_IDENTIFIER, attribute->oid);
        der_put_text(&der, type.tag, attribute->value);
        der_close(&der, start, DER_SEQUENCE);
        der_close(&der, start, DER_SET);
    }
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
failed:
    buffer_finish(&der);
    return false;
}
