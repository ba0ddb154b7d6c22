/* Inside trust/: the ways on which a client goes from a server's certificate to one that it trusts.
 *
 * Most clients look for any way that holds. OpenSSL follows the first that names suggest, and Java
 * the one that the server sent; what is refused on it is refused. */
#pragma once

#include "trust/known.h"

enum { ROUTE_STEPS = 24 };
struct route {
    size_t steps[ROUTE_STEPS]; /* places in known->items, the server's own first */
    size_t count;
    bool is_anchored; /* the last one is trusted */
    bool is_searched; /* Java: the certificates were not sent in order */
};

enum route_search { ROUTE_ANY, ROUTE_OPENSSL, ROUTE_JAVA };

/* Asks `visit` for every way, at least for one, until it returns false. Ways that end in nothing
 * come, too. Nobody's chain makes it ask more than some hundred times. */
void route_visit(const struct known *known, enum route_search search, int64_t now,
                 bool (*visit)(void *context, const struct route *route), void *context);
