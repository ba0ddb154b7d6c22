/* Keys that wait for their certificate: made for a request, kept in a folder of their own until the
 * certificate comes. NAME.pem holds the key and the request, NAME.meta what the entry will
 * remember; one that cannot be read counts as empty.
 *
 * The folder is changed as the store is (store_change.h): all at once, by one process at a time. */
#pragma once

#include "certs/cert.h"
#include "certs/entry_meta.h"

struct waiting_key {
    char *name;          /* of the entry to be */
    struct blob key;     /* DER */
    struct blob request; /* PKCS#10, DER */
    struct entry_meta meta;
};
void waiting_key_finish(struct waiting_key *waiting); /* wipes */

/* Makes the folder (0700). ERROR_EXISTS unless `replace`. ERROR_INPUT: no name for an entry
 * (entry_name_check). */
bool waiting_put(const char *folder, const struct waiting_key *waiting, bool replace,
                 struct error *err);
/* The one whose key is this certificate's (DER). ERROR_MISSING: none waits for it; the text says
 * how many wait for others. Gives `out`. */
bool waiting_find(const char *folder, const struct blob *certificate, struct waiting_key *out,
                  struct error *err);
/* Calls `visit` for each, by name; those that cannot be read are passed over. */
bool waiting_list(const char *folder, void (*visit)(void *context, const struct waiting_key *key),
                  void *context, struct error *err);
/* ERROR_MISSING: none of that name waits. */
bool waiting_remove(const char *folder, const char *name, struct error *err);
