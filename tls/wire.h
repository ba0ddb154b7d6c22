/* Reading what TLS messages are made of (RFC 8446, 3): numbers, and vectors with their length.
 * Every take checks, and takes nothing where it fails. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes still to read; borrowed. */
struct wire {
    const unsigned char *at;
    size_t left;
};

bool wire_take(struct wire *from, size_t size, struct wire *out);
/* Big-endian, of 1 to 4 bytes. */
bool wire_number(struct wire *from, size_t bytes, uint32_t *out);
/* A vector's content; its length stands before it in `bytes` bytes. */
bool wire_vector(struct wire *from, size_t bytes, struct wire *out);
