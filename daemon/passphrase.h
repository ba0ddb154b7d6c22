/* The passphrase of the local authority's key, from where it is kept for the daemon. */
#pragma once

#include "base/error.h"

struct passphrase {
    char *text;
    char *file; /* where it was found, for messages */
};
void passphrase_finish(struct passphrase *passphrase); /* wipes */

/* From the file that is configured, or for NULL from the service manager's credential
 * "authority-passphrase". A UTF-8 mark before it and one line end
 * behind it are dropped. ERROR_PERMISSION: there is neither, or
 * everyone can read it; the error says where it is looked for. Gives `out`. */
bool passphrase_find(const char *configured, struct passphrase *out, struct error *err);
