/* Inside certs/, trust/ and lab/: writing DER (X.690) into a buffer.
 *
 * Appending does nothing once memory has run out (base/blob.h): look once, at the end. What holds
 * other elements is closed around them: `size_t start = out->size; … der_close(out, start, TAG)`.
 * Tags: certs/der.h. Nothing secret is written this way: what is outgrown is not wiped. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

void der_put(struct buffer *out, unsigned tag, const void *content, size_t size);
void der_put_text(struct buffer *out, unsigned tag, const char *text);
void der_put_number(struct buffer *out, unsigned value); /* an INTEGER */

/* A point in time, years 1 to 9999: UTCTime through 2049, GeneralizedTime from then on (RFC 5280,
 * 4.1.2.5); or GeneralizedTime in any case. */
void der_put_time(struct buffer *out, int64_t at);
void der_put_generalized_time(struct buffer *out, int64_t at);

/* UTF-8 as a BMPString, characters beyond the first plane as two units, as Windows does. False: it
 * is no UTF-8, and `out` is to be given up. `text` ends with a NUL, behind `size`. */
bool der_put_bmp_string(struct buffer *out, const char *text, size_t size);

/* The object identifier's text must be valid: cert_oid_is_valid. */
void der_put_oid(struct buffer *out, unsigned tag, const char *text);

/* Makes what was appended since `start` the content of one element. */
void der_close(struct buffer *out, size_t start, unsigned tag);

/* The same for a SET OF: puts the elements in their order first (X.690, 11.6). */
void der_close_set(struct buffer *out, size_t start, unsigned tag);

/* Gives the octets as `out` and empties the buffer; false: memory has run out. */
bool der_give(struct buffer *buffer, struct blob *out, struct error *err);
