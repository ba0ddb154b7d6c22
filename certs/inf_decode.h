/* A file's octets as text: UTF-8 with or without a mark, UTF-16 with one, as Windows' editors write
 * them. */
#pragma once

#include "certs/inf_remarks.h"

/* UTF-8 without a mark, lines ended by "\n" alone, no NUL within. What is not well-formed and what
 * is a control character is reported and stands as U+FFFD, so that reading can go on. False if
 * there is nothing to go on with (reported), or no memory. Gives `out`. */
bool inf_decode(const struct blob *bytes, struct inf_remarks *remarks, struct buffer *out);
