/* The local authority where it is kept, in STATE/authority/authority.pem, and what is told of it.
 */
#pragma once

#include "certs/authority.h"
#include "ctl/place.h"
#include "ctl/secret.h"

#include <jansson.h>

/* Of every verb that needs the authority's key. */
#define AUTHORITY_KEY_OPTIONS SECRET_OPTIONS("passphrase")

bool authority_kept_exists(const struct place *place);

/* What can be known without the passphrase. ERROR_MISSING. */
bool authority_kept_look(const struct place *place, struct authority_text *out, struct error *err);
/* Has an ERROR_MISSING of it say how one is made. */
void authority_kept_advise(const struct ctl *ctl, struct error *err);
/* With its key. Asks for the passphrase where it is encrypted; gives that too (blob_wipe), empty
 * where it is not. */
bool authority_kept_open(const struct ctl *ctl, const struct place *place,
                         struct cert_material *out, struct blob *passphrase, struct error *err);
/* Writes it, encrypted with the passphrase if that is not empty (NUL-terminated). */
bool authority_kept_write(const struct place *place, const struct cert_material *authority,
                          const struct blob *passphrase, struct error *err);

/* {"file", "certificate", "fingerprint", "encrypted", "constrained", "domains", "networks"}. A new
 * reference, or NULL. */
json_t *authority_kept_report(const struct place *place, const struct blob *certificate,
                              bool is_encrypted, struct error *err);
/* The same for people. */
void authority_kept_print(const json_t *answer, int64_t now, struct buffer *out);
