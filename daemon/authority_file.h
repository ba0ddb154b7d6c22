/* The local authority's file in the state folder: watched over without its key, opened to issue. */
#pragma once

#include "daemon/leaf.h"

struct authority_file;

/* STATE/authority/authority.pem. Newly allocated; NULL: out of memory. */
char *authority_file_path(const char *state_folder);

/* Nothing is read yet. */
bool authority_file_create(const char *state_folder, struct authority_file **out,
                           struct error *err);
void authority_file_destroy(struct authority_file *file); /* NULL is legal */

/* Reads it if it is another than at the last look. Returns true if it is. */
bool authority_file_look(struct authority_file *file);

/* As of the last look. NULL, and why: there is none, or none that can be used. Borrowed until the
 * next look. */
const struct leaf_issuer *authority_file_issuer(const struct authority_file *file,
                                                struct error *err);

/* The authority with its key, which is in memory only until `out` is finished.
 * `passphrase_file`: where the configuration has the passphrase, if it is needed; NULL: nowhere.
 * ERROR_PERMISSION: it is missing, or wrong, or everybody can read one of the files. */
bool authority_file_open(const struct authority_file *file, const char *passphrase_file,
                         struct cert_material *out, struct error *err);
