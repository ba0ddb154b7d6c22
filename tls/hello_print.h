/* A client by its ClientHello (RFC 8446, 4.1.2): who refuses a certificate never says its name, but
 * a TLS library with its settings sends the same offer each time.
 *
 * What changes from one connection of the same client to the next is left out: random values,
 * GREASE (RFC 8701), the order of extensions, key shares, cookies, padding, the extensions of
 * resumption and early data, and the server's name, absent where the client goes by an address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { HELLO_PRINT_SIZE = 33 };

/* `hello`: the handshake message's body, without its four header bytes. Gives 32 hexadecimal
 * digits; false, and "", if it is no ClientHello. Any thread. */
bool hello_print(const unsigned char *hello, size_t size, char out[static HELLO_PRINT_SIZE]);
