/* Inside trust/: the one table of what families of clients mind. */
#pragma once

#include "trust/rule_tests.h"

/* Which certificates of a client's way a rule looks at. */
enum rule_scope {
    RULE_OF_NAME,  /* no test: the name that fits has this peculiarity */
    RULE_OF_ROUTE, /* the way as a whole */
    RULE_OF_LEAF,
    RULE_OF_KEY,    /* the leaf, also where the client believes whatever it has as an anchor */
    RULE_OF_ISSUER, /* each that issued another */
    RULE_OF_SIGNED, /* each that another issued: all but the anchor */
    RULE_OF_EACH,
};

struct trust_rule {
    const char *word;
    enum trust_condition condition;
    unsigned families; /* those that mind */
    enum rule_scope scope;
    unsigned peculiarity;   /* RULE_OF_NAME */
    rule_test *is_broken;   /* the others */
    unsigned anchor_exempt; /* families that do not ask this of an anchor */
    const char *when;       /* for the documentation: when it falls */
    const char *sentence;   /* for people, with words in braces (trust/words.c) */
    const char *mend;
    const char *source;
};
extern const struct trust_rule trust_rules[];
extern const size_t trust_rules_count;

/* How a family goes about it. */
struct family_habits {
    enum route_search search;
    bool believes_pinned;  /* a server's certificate among its anchors is not looked into */
    bool pinned_is_issuer; /* … is looked into as its own issuer, too */
};
extern const struct family_habits family_habits[TRUST_FAMILY_COUNT];
