/* The certificates of a TLS handshake as they come over the wire: a server shows them also where
 * GnuTLS cannot read them, and where the handshake breaks behind them. */
#pragma once

#include "base/blob.h"

#include <stdbool.h>

struct sent_chain {
    struct blob *items; /* DER, the server's own first */
    size_t count;
};
void sent_chain_finish(struct sent_chain *chain);

/* Reads the handshake message Certificate without its header (RFC 8446, 4.4.2; RFC 5246, 7.4.2:
 * `is_tls13` false). Gives `out`; false: it is none, or memory has run out. */
bool sent_chain_read(const unsigned char *message, size_t size, bool is_tls13,
                     struct sent_chain *out);
