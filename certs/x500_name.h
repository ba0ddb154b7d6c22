/* Distinguished names as people write them ("CN=mail.example.org, O=Example, C=DE"), read into
 * attributes, and written as certificates have them (X.501, RFC 5280).
 *
 * The text is what certreq's Subject takes (CertStrToName in Microsoft's documentation): attributes
 * parted by ",", ";" or a line end, values in double quotes where they hold one of these, `""` for
 * a quote within quotes, keys in either case, object identifiers as keys ("2.5.4.3=x",
 * "OID.2.5.4.3=x"). */
#pragma once

#include "base/blob.h"
#include "base/error.h"

enum { X500_ATTRIBUTE_LIMIT = 64 };

struct x500_attribute {
    char *oid;   /* "2.5.4.3" */
    char *value; /* UTF-8 */
};

/* In the order of the text. Zero-initialised is empty. */
struct x500_name {
    struct x500_attribute *attributes;
    size_t count;
};
void x500_name_finish(struct x500_name *name);

bool x500_name_add(struct x500_name *name, const char *oid, const char *value); /* false: memory */

/* ERROR_INPUT says which attribute is wrong, and `offset` (may be NULL) where in the text it
 * begins: an unknown key (with the nearest), no "=", a value too long (RFC 5280's upper bounds) or
 * of characters that its type does not have, several attributes joined by "+" (not supported), an
 * unfinished quote. A country of other than two letters passes. "" is the empty name. Gives
 * `out`. */
bool x500_name_parse(const char *text, struct x500_name *out, size_t *offset, struct error *err);

/* The first value of that attribute, or NULL. Borrowed. */
const char *x500_name_value(const struct x500_name *name, const char *oid);
#define X500_COMMON_NAME "2.5.4.3"
#define X500_COUNTRY "2.5.4.6"

/* The name in DER, one attribute to each relative distinguished name: country, serial number,
 * telephone number and qualifier as PrintableString, e-mail address and domain component as
 * IA5String, everything else as UTF8String. Checks the values as x500_name_parse does. Gives `out`.
 */
bool x500_name_encode(const struct x500_name *name, struct blob *out, struct error *err);
