/* Identifiers that follow from a name, so that the same deployment has the same ones (RFC 4122,
 * 4.3: version 5, in a name space of our own). */
#pragma once

#include "base/error.h"

#include <stdbool.h>

enum { NAME_UUID_SIZE = 37 };

/* "6BA7B810-9DAD-51D1-80B4-00C04FD430C8", upper-case as Windows and Apple write them. `kind` says
 * what is identified, `name` which one; both are part of it. */
bool name_uuid(const char *kind, const char *name, char out[static NAME_UUID_SIZE],
               struct error *err);
