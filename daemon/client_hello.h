/* Which kinds of keys a client can verify, read from its ClientHello (RFC 8446, 4.1.2).
 *
 * GnuTLS asks for a certificate once, before it settles on a cipher suite, and does not say which
 * kinds of keys the suites and signature algorithms on offer leave. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a ClientHello leaves to a server that speaks some versions. Plain data. */
struct client_offer {
    bool well_formed;
    bool tls12, tls13;  /* versions both speak */
    unsigned key_types; /* enum cert_key_type, or-ed: of TLS 1.3 by signature algorithms, else by
                         * cipher suites and signature algorithms together */
};

/* Reads the handshake message's body, without its four header bytes; `tls12` and `tls13`: what the
 * server speaks. */
struct client_offer client_hello_read(const unsigned char *hello, size_t size, bool tls12,
                                      bool tls13);
