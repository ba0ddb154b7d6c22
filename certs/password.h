/* Inside certs/: the password of a key or bundle, as its file holds it. */
#pragma once

#include "certs/cert_read.h"

/* Ready for GnuTLS. `text` is NULL if there is none; `name` is where it stands or should stand,
 * NULL: there is no such place. */
struct password {
    char *text;
    const char *name;
    bool is_asked_for; /* of a person, not of a file: then nothing is said of where it goes */
};

/* One trailing line end and a UTF-8 mark are dropped. */
bool password_read(const struct cert_file *file, struct password *out, struct error *err);
void password_finish(struct password *password); /* wipes */

/* For something locked ("the key"): says whether a password is missing or wrong, and where it
 * goes. Where a person is asked for it: ERROR_PERMISSION, so that the caller knows to ask. */
void password_explain(const struct password *password, const char *what, struct error *err);
