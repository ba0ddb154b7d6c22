/* Inside certs/: what a verdict changes in its entry: the last good version, problems, news. */
#pragma once

#include "certs/store_judge.h"

/* Takes what it needs out of the verdict. True if what is served changed. */
bool store_take(struct store_entry *entry, struct store_verdict *verdict,
                const struct store_view *view);

/* Have the entry's files stayed as they are long enough to say what is wrong with them? */
bool store_is_settled(const struct store_entry *entry, const struct store_view *view);

/* Is it something to mend, and not merely something to know? */
bool store_is_refusal(const struct store_problem *problem);
