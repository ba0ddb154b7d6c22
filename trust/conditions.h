/* The four conditions under which a client stays silent: one table, from which the tool, the page,
 * the log and the documentation speak. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum trust_condition {
    TRUST_NAMED,   /* the certificate names the host, for Firefox and Chromium in a SAN */
    TRUST_USED,    /* the client uses one of those names */
    TRUST_ISSUER,  /* the issuer is trusted */
    TRUST_CURRENT, /* it has not expired, and has begun */
    TRUST_CONDITION_COUNT,
};

struct trust_condition_row {
    const char *word;     /* for programs: "named", "used", "issuer", "current" */
    const char *sentence; /* for people: "the certificate names the host" */
    const char *who;      /* which clients mind */
    const char *mend;     /* the usual step */
};
extern const struct trust_condition_row trust_conditions[TRUST_CONDITION_COUNT];
