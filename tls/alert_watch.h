/* Finds a TLS alert in the clear in the bytes a client sends.
 *
 * OpenSSL's TLS 1.3 clients refuse a certificate before they have switched keys, and GnuTLS drops
 * what it cannot decrypt; but the record is plain to see (RFC 8446, 5.1 and 6): type 21, version,
 * length 2, level, description. An encrypted alert is of type 23 or longer, and is not taken. */
#pragma once

#include <stddef.h>

/* Follows the records of one direction, in pieces of any size. Zero-initialised is the start. */
struct alert_watch {
    unsigned char head[7]; /* a record's header and an alert's two bytes */
    unsigned head_size;    /* of them seen so far */
    size_t rest;           /* bytes of the record still to come after its header */
    int alert;             /* description of the last one seen; 0 (close_notify) or none */
};

void alert_watch_feed(struct alert_watch *watch, const unsigned char *data, size_t size);
