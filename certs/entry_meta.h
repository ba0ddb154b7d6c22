/* NAME.meta: what an entry of the store is to remember beyond its certificate.
 *
 * One JSON object (RFC 8259) with the members below, each optional; unknown members are kept when
 * it is written again by whoever read it. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

enum { ENTRY_META_LIMIT = 64 * 1024 };

/* Zero-initialised is what an entry without the file has. */
struct entry_meta {
    char *friendly_name; /* "friendly_name"; NULL: none */
    bool exportable;     /* "exportable": may the key leave, in a PKCS#12? */
    char *made_by;       /* "made_by": "create", "request", "accept", "import", "authority"; NULL */
    int64_t made;        /* "made": when, 0: not known */
    char *unknown;       /* other members, as a JSON object; NULL: none */
};
void entry_meta_finish(struct entry_meta *meta);

/* Gives `out`. ERROR_INPUT: no JSON object, a member of the wrong type. */
bool entry_meta_read(const void *text, size_t size, struct entry_meta *out, struct error *err);
/* Gives `out`, text with a line end. */
bool entry_meta_write(const struct entry_meta *meta, struct blob *out, struct error *err);

/* That of an entry in a store folder; an absent file is an empty one. */
bool entry_meta_load(const char *store_folder, const char *entry, struct entry_meta *out,
                     struct error *err);
