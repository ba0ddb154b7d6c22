/* Inside trust/: which of a certificate's names an authority's name constraints leave out
 * (RFC 5280, 4.2.1.10). */
#pragma once

#include "trust/facts.h"

/* What is left out, as far as clients differ about it. */
enum constraint_breach {
    BREACH_NAME = 1 << 0,          /* a host name, address, e-mail address or URI */
    BREACH_DIRECTORY = 1 << 1,     /* the subject, or another directory name */
    BREACH_DIRECTORY_SET = 1 << 2, /* directory names are excluded, whichever */
    BREACH_COMMON_NAME = 1 << 3,   /* the common name of one that has no DNS names */
    BREACH_WILDCARD = 1 << 4,      /* a wildcard that stands for excluded names, too */
    BREACH_URI = 1 << 5,           /* there are subtrees of URIs, and a URI */
    BREACH_URI_PART = 1 << 6,      /* a URI's host below what is permitted, not the same */
    BREACH_NO_SUBJECT = 1 << 8,    /* directory names are permitted, and the subject is empty */
    BREACH_SUBJECT_EMAIL = 1 << 7, /* an e-mail address in the subject */
};
unsigned constraint_breaches(const struct facts *authority, const struct facts *below);
