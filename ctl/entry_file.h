/* One entry of the store, read from its files with its key: for verbs that hand it out or change
 * it. */
#pragma once

#include "certs/entry_meta.h"
#include "ctl/place.h"

struct cert;

struct entry_file {
    struct cert *cert; /* judged as the daemon judges it; cert_key has its key */
    struct entry_meta meta;
};
void entry_file_finish(struct entry_file *entry);

/* ERROR_MISSING: the store knows no such entry, and which is near. ERROR_INPUT: no version of it is
 * any good, and why. Gives `out`. */
bool entry_file_read(const struct place *place, const char *name, int64_t now,
                     struct entry_file *out, struct error *err);
