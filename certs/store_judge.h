/* Inside certs/: from an entry's files to a certificate, or to what is wrong with them. */
#pragma once

#include "certs/store_look.h"

struct store_verdict {
    bool is_same;                   /* as at the last judgement: nothing else here says anything */
    struct cert *cert;              /* the caller's to release; NULL: refused */
    struct store_problem *problems; /* the caller's to destroy */
    int64_t staple_until;           /* 0: no staple */
    bool is_staple_refused;
};

/* Reads the files that count. Remembers in the entry what the verdict depends on, and whether to
 * judge it again although nothing seems to have changed. Out of memory is a refusal that may lack
 * words. `now`: in seconds, as the view's. Gives `out`: store_verdict_finish. */
void store_judge(struct store_entry *entry, const struct store_view *view, int64_t now,
                 struct store_verdict *out);
void store_verdict_finish(struct store_verdict *verdict);
