/* What the store holds, as JSON: what the daemon answers and the tool prints.
 *
 * Kept once, so that `mailstorectl list` and `show` say the same whether the daemon answers them or
 * the tool reads the files itself. The members are documented in docs/CONTROL.md ("list", "show").
 *
 * Functions that return json_t * give a new reference, or NULL when out of memory. */
#pragma once

#include "certs/cert_store.h"

#include <jansson.h>

/* A service whose clients without a server name get an entry. Borrowed. */
struct report_use {
    const char *service;
    const char *entry;
};

/* Who uses what, in the order to be told; repetitions are told once. items == NULL: not known (no
 * daemon was asked), and `used_by` is null. */
struct report_uses {
    const struct report_use *items;
    size_t count;
};

/* What one certificate (DER) says, as in `chain_certificates`. ERROR_INPUT if it does not parse. */
json_t *report_certificate(const struct blob *der, struct error *err);

/* An entry as in the answer to `list`. */
json_t *report_entry(const struct cert *cert, struct report_uses uses, int64_t now);

/* A refusal as in the answer to `list`. */
json_t *report_refusal(const struct cert_store_refusal *refusal);

/* The answer to `list`: {"entries": […], "refused": […]}, for the store after its last scan. */
json_t *report_list(const struct cert_store *store, struct report_uses uses, int64_t now);

/* The answer to `show`: {"entry": {…} or null, "refused": […]}, where `refused` is about this entry
 * alone. `entry` is null when the entry has refusals but no version to serve. ERROR_MISSING if the
 * store knows nothing of that name; the text names the nearest one. */
json_t *report_show(const struct cert_store *store, const char *name, struct report_uses uses,
                    int64_t now, struct error *err);

/* A JSON string of any text: what is not UTF-8 is written \xHH, since JSON has no place for it.
 * NULL gives JSON's null. For every member whose text came from outside. */
json_t *report_text(const char *text);

/* An array of them; of NULL an empty one. */
json_t *report_texts(const struct string_list *list);

/* "AB:CD:…" as a JSON string. */
json_t *report_fingerprint(const unsigned char *bytes, size_t size);
