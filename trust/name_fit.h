/* Inside trust/: how a certificate's names fit the host that a client asked for. */
#pragma once

#include "trust/facts.h"

/* What is peculiar about the name that fits: some clients take it so, others do not. */
enum name_peculiarity {
    PECULIAR_COMMON_NAME = 1 << 0,        /* it is the common name; no alternative name is a host */
    PECULIAR_COMMON_NAME_BESIDE = 1 << 1, /* … though there are addresses */
    PECULIAR_ADDRESS_COMMON_NAME = 1 << 2,  /* an address as the common name */
    PECULIAR_ADDRESS_AS_NAME = 1 << 3,      /* an address as dNSName */
    PECULIAR_ADDRESS_MAPPED = 1 << 4,       /* an IPv4 address mapped into IPv6 */
    PECULIAR_TRAILING_DOT = 1 << 5,         /* "mail.example.org." */
    PECULIAR_WILDCARD_WITHIN = 1 << 6,      /* "m*.example.org" */
    PECULIAR_WILDCARD_LATER = 1 << 7,       /* "mail.*.org" */
    PECULIAR_WILDCARD_LAST = 1 << 8,        /* "*", "mail.*" */
    PECULIAR_WILDCARD_TOP = 1 << 9,         /* "*.local" */
    PECULIAR_WILDCARD_SUFFIX = 1 << 10,     /* "*.co.uk" */
    PECULIAR_WILDCARD_UNDERSCORE = 1 << 11, /* "*.example.org" for "a_b.example.org" */
    PECULIAR_WILDCARD_IDN = 1 << 12,        /* "x*.example.org" for "xn--….example.org" */
};

/* Of all the names that fit in some way: the peculiarities, among those that are minded, of the one
 * that has the fewest; 0: it fits. False: none fits in any way. `host` is normalised. */
bool name_fit(const struct facts *facts, const char *host, unsigned minded, unsigned *out);

/* A host name or an address among the alternative names. */
bool name_fit_has(const struct facts *facts, enum fact_name_kind kind);
