/* Texts that came from outside (file names, certificates, the network), made fit to be kept as
 * UTF-8 and to be shown on a terminal. */
#pragma once

#include "base/blob.h"

#include <stdint.h>

/* Appends `text`; every byte that belongs to no well-formed character (RFC 3629) as \xHH. */
void utf8_append_valid(struct buffer *out, const char *text);

/* The same, and whatever could move the cursor, hide or reorder what stands beside it: control
 * characters as \xHH (C0, DEL) or \u{HHHH} (C1, separators of lines, invisible and bidirectional
 * format characters, private use). */
void utf8_append_printable(struct buffer *out, const char *text);

/* Reads the character at `text` (not its end) into `point`; gives its bytes, or 0 if what stands
 * there is not well-formed. */
size_t utf8_read(const char *text, uint32_t *point);

/* A line that a person saved in a file: `text` without a UTF-8 mark before it (editors of Windows
 * write one) and one line end behind it. Gives where it begins; `size` becomes its own. */
const char *utf8_line(const char *text, size_t *size);
