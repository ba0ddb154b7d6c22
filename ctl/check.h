/* The parts of the verb `check`: whom to ask, asking, judging, telling. */
#pragma once

#include "base/string_list.h"
#include "certs/names.h"
#include "ctl/ctl.h"
#include "platform/socket.h"
#include "trust/judge.h"

enum { CHECK_PORT = 443 };

/* A server to ask. */
struct check_target {
    char *text;           /* as it was given, or as the daemon tells of it */
    char host[NAME_SIZE]; /* that is asked for, and must stand in the certificate */
    char *connect;        /* a name or address to connect to */
    uint16_t port;
    bool is_own; /* of this host's daemon: clients are to come here by that name */
};
struct check_targets {
    struct check_target *items;
    size_t count;
};
void check_targets_finish(struct check_targets *targets);

/* Those that the command line names, or else those of the daemon. Says on standard error what is
 * wrong. Gives `out` if CTL_FINE. */
enum ctl_exit check_targets_find(const struct ctl *ctl, struct check_targets *out);

/* What one address of a server showed. */
struct check_visit {
    char address[SOCKET_TEXT_SIZE];
    struct error problem;    /* ERROR_NONE: it showed its certificate */
    const char *tls_version; /* constant */
    struct blob *chain;      /* DER, as sent */
    size_t chain_count;
    struct blob staple;
    int64_t clock; /* of its answer's Date; 0: it told none */
};
struct check_visits {
    struct check_visit *items; /* in the order in which a client tries the addresses */
    size_t count;
};
void check_visits_finish(struct check_visits *visits);
/* Asks every address. Gives `out`. ERROR_MISSING: the name does not resolve. */
bool check_visit_all(const struct check_target *target, struct check_visits *out,
                     struct error *err);

/* By what is judged. Borrowed. */
struct check_terms {
    const struct trust_anchors *anchors;
    const struct trust_anchors *ours; /* the local authority's, which may not be deployed yet */
    int64_t at;
    bool is_now; /* no other day was asked about: clocks are compared */
};
/* Asks, judges, tells: an item of "targets" in docs/schema/check.json. NULL: out of memory. May run
 * in many threads at once. */
json_t *check_target(const struct check_target *target, const struct check_terms *terms);

void check_print(const json_t *answer, int64_t now, struct buffer *out);

/* The table of rules, for docs/clients.md. */
json_t *check_rules(void);
void check_rules_print(const json_t *answer, int64_t now, struct buffer *out);
