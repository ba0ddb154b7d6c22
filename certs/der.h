/* Inside certs/: the outermost layers of DER (X.690), enough to tell forms apart and to say how a
 * file is broken. Contents are left to GnuTLS. */
#pragma once

#include "base/blob.h"

enum {
    DER_INTEGER = 0x02,
    DER_OCTET_STRING = 0x04,
    DER_SEQUENCE = 0x30,
    DER_CONTEXT_1 = 0xa1, /* [1], constructed */
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
