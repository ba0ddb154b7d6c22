/* Inside certs/, trust/ and lab/: the outermost layers of DER (X.690), enough to tell forms apart
 * and to say how a file is broken. Contents are left to GnuTLS. Writing: certs/der_write.h. */
#pragma once

#include "base/blob.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OBJECT_IDENTIFIER = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,     /* [0], and [1] is DER_CONTEXT | 1 */
    DER_CONSTRUCTED = 0x20, /* or-ed to it where the content is elements */
    DER_CONTEXT_1 = 0xa1,   /* [1], constructed */
};

/* One element: its tag and contents; borrowed from the octets it was read from. */
struct der_element {
    unsigned char tag;
    const unsigned char *data;
    size_t size;
};

/* Takes the element that `rest` begins with off it. False if there is none or it is cut off. */
bool der_take(struct der_element *rest, struct der_element *out);

/* Octets that the element at the start says it has, header and contents; 0 if no length can be
 * read or it is indefinite. May be more than `size`. */
size_t der_claimed_size(const unsigned char *data, size_t size);
