/* Which kinds of keys a client can verify, read from its ClientHello (RFC 8446, 4.1.2).
 *
 * GnuTLS asks for a certificate once, before it settles on a cipher suite, and does not say which
 * kinds of keys the suites and signature algorithms on offer leave. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The enum cert_key_type values, or-ed, that a ClientHello (the handshake message's body, without
 * its four header bytes) allows: `with_tls13`, by its signature algorithms if it offers TLS 1.3 in
 * supported_versions; else by its cipher suites and signature algorithms together. 0: none, or it
 * is malformed. */
unsigned client_hello_key_types(const unsigned char *hello, size_t size, bool with_tls13);
