/* A service's certificate of the local authority: what it is to be, and whether it still is. */
#pragma once

#include "certs/cert.h"
#include "certs/cert_make.h"
#include "daemon/subject_names.h"

/* What is known of the authority without its key; zero-initialised is none. */
struct leaf_issuer {
    struct blob certificate; /* DER */
    int64_t not_before, not_after;
};

struct leaf_wish {
    struct subject_names names;
    /* They were configured: these and no others. The host's own come and go, so that one more than
     * there is now does no harm. */
    bool names_exact;
    struct cert_key_choice key;
    int64_t lifetime_s;
};

enum leaf_state {
    LEAF_GOOD,
    LEAF_MISSING,
    LEAF_OF_ANOTHER, /* not issued by this authority, or by an older certificate of it */
    LEAF_MISNAMED,
    LEAF_OF_OTHER_KEY, /* than is wished */
    LEAF_DUE,          /* at two thirds of its life, or of the life wished, if that is shorter */
    LEAF_ENDS_WITH_ISSUER, /* due, but a new one would end no later */
};

/* `leaf`: the entry as the store has it, or NULL. `due`: when a good one will be due. */
enum leaf_state leaf_judge(const struct cert *leaf, const struct leaf_issuer *issuer,
                           const struct leaf_wish *wish, int64_t now, int64_t *due);

/* "there was none": why a new one was issued. */
const char *leaf_reason(enum leaf_state state);

/* Those that the issuer may name. False: out of memory. */
bool leaf_permitted(const struct subject_names *names, const struct leaf_issuer *issuer,
                    struct subject_names *out);

/* From when a leaf issued now is valid: a little earlier, for clients whose clocks are behind. */
int64_t leaf_begin(const struct leaf_issuer *issuer, int64_t lifetime_s, int64_t now);

/* The common name: the first of its names that is short enough for one, else `otherwise`.
 * Borrowed. */
const char *leaf_common_name(const struct subject_names *names, const char *otherwise);
