/* What the store holds: as the daemon says, or, where none answers, as its files say. */
#pragma once

#include "certs/cert_store.h"
#include "ctl/place.h"

#include <jansson.h>

enum { INVENTORY_TIMEOUT_MS = 30000 };

/* The answer to `list` (`entry` NULL) or `show` of docs/CONTROL.md, with `source` ("daemon" or
 * "files") and `store_folder`, and of each entry what stands in its NAME.meta. ERROR_MISSING: no
 * such entry. Gives `out`. */
bool inventory_get(const struct place *place, const char *entry, int64_t now, json_t **out,
                   struct error *err);

/* The same for a verb: where it is to look it says itself. Gives `answer` if it is CTL_FINE. */
enum ctl_exit inventory_ask(const struct ctl *ctl, const char *entry, json_t **answer);

/* The store's files, read as the daemon reads them, when nothing in them is settling any more.
 * Gives `out`. */
bool inventory_read(const struct place *place, struct cert_store **out, struct error *err);

/* Does an entry, or an answer as a whole, need attention: expired, not valid yet, refused? */
bool inventory_entry_is_fine(const json_t *entry, int64_t now);
bool inventory_is_fine(const json_t *answer, int64_t now);

/* Was it the daemon that told this answer? */
bool inventory_is_of_daemon(const json_t *answer);

/* Appends refusals as text, each with its file, reason and mending command. */
void inventory_append_refusals(const json_t *refused, struct buffer *out);
