/* Inside trust/: does the way to a trusted certificate hold, and if not, why? */
#pragma once

#include "trust/judge.h"
#include "trust/path.h"

/* A finding being put into words. */
struct trust_words {
    struct trust_finding *finding;
    bool failed; /* out of memory */
};
/* Says it in place of what was said before; NULL: there is nothing to say. */
void trust_say(struct trust_words *words, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void trust_mend(struct trust_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void trust_judge_issuer(const struct trust_path *path, const struct trust_anchors *anchors,
                        struct trust_words *words);
