/* Who will not be silent although he trusts what is deployed: told to whoever deploys it, by the
 * rules of trust/family.h. */
#pragma once

#include "trust/deployment.h"
#include "trust/family.h"

/* What the server sends, and when it is looked at. Borrowed. */
struct deployment_look {
    const struct blob *chain; /* DER, as sent */
    size_t count;
    const char *host;   /* normalised; NULL: not known */
    bool host_is_named; /* else nothing is said of names that do not fit */
    bool has_staple;    /* a good OCSP response comes with it */
    int64_t now;
};

/* Each reason once, with all families that have it, and what mends it, in which commands are plain
 * ("mailstorectl create …"). Gives `out`: trust_remarks_finish. */
bool deployment_warnings(const struct deployment *deployment, const struct deployment_look *look,
                         struct trust_remarks *out, struct error *err);
