/* Inside trust/: a rule's sentence with its words filled in. */
#pragma once

#include "trust/rule_tests.h"

/* In `text`: {it} ("it", or "the certificate of …"), {names}, {host}, {issuer}, {end}, {end_issuer}
 * (of the last certificate on the way), {begins}, {ends}, {days}, {key}, {signature}, {extension},
 * {trust} (how the family comes to trust a root). Newly allocated; NULL: out of memory. */
char *words_fill(const char *text, const struct rule_view *view, enum trust_family_id family);
