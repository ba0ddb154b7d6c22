/* The families of clients, and what each minds: one table, from which `mailstorectl check`, the
 * page /trust, the log and docs/clients.md speak.
 *
 * Rules come from the clients' documented behaviour (the source stands beside each rule) and are
 * proved against those clients that run on this project's machines (tests/clients). */
#pragma once

#include "certs/cert.h"
#include "trust/conditions.h"
#include "trust/judge.h"

enum trust_family_id {
    TRUST_FAMILY_WINDOWS, /* Windows and Outlook: Schannel */
    TRUST_FAMILY_CHROME,  /* Chrome and Edge */
    TRUST_FAMILY_FIREFOX,
    TRUST_FAMILY_APPLE,
    TRUST_FAMILY_ANDROID,
    TRUST_FAMILY_JAVA,
    TRUST_FAMILY_OPENSSL, /* curl and OpenSSL */
    TRUST_FAMILY_GO,
    TRUST_FAMILY_COUNT,
};

struct trust_family {
    const char *word;  /* for programs: "chrome" */
    const char *name;  /* for people: "Chrome and Edge" */
    bool is_run;       /* its claims are proved by running it; false: "by documentation" */
    const char *trust; /* the command or click by which it comes to trust a root */
};
extern const struct trust_family trust_families[TRUST_FAMILY_COUNT];

/* What a client gets to see. Borrowed. */
struct trust_evidence {
    const struct blob *chain; /* DER, as sent, in the order sent */
    size_t count;
    const char *host;                    /* as the client uses it, normalised */
    const struct trust_anchors *anchors; /* what it trusts */
    const struct trust_anchors *more;    /* … besides; NULL: nothing */
    int64_t now;
    bool has_staple; /* a good OCSP response came with it */
};

/* Would this family be silent? `out` as in trust_judge, by this family's rules. ERROR_INPUT: the
 * server's own certificate cannot be read. */
bool trust_family_judge(enum trust_family_id family, const struct trust_evidence *evidence,
                        struct trust_judgement *out, struct error *err);
/* All of them at once, which costs little more than one. Gives all of `out`. */
bool trust_family_judge_all(const struct trust_evidence *evidence,
                            struct trust_judgement out[static TRUST_FAMILY_COUNT],
                            struct error *err);

/* A rule, as the documentation tells it. Borrowed. */
struct trust_rule_row {
    const char *word; /* "common-name" */
    enum trust_condition condition;
    unsigned families;  /* those that mind: 1 << their id */
    const char *when;   /* when the condition falls */
    const char *source; /* RFC, the client's documentation or code */
};
bool trust_rule_row(size_t i, struct trust_rule_row *out); /* false: there are no more */

/* What is wrong or unwise whoever the client is: chain incomplete, out of order or with strangers
 * in it, weak key or signature, a life too long, a name that only some take. Sentences with their
 * mending. False: out of memory. */
struct trust_remark {
    char *text, *mend;
};
struct trust_remarks {
    struct trust_remark *items;
    size_t count;
};
void trust_remarks_finish(struct trust_remarks *remarks);
bool trust_remark_all(const struct trust_evidence *evidence, struct trust_remarks *out,
                      struct error *err);

/* Apple's clients take no server's certificate that lives so long, whoever issued it
 * (https://support.apple.com/103769). */
bool trust_apple_refuses_life(int64_t not_before, int64_t not_after);
