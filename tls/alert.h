/* TLS alerts in words (RFC 8446, 6.2). */
#pragma once

#include <stddef.h>

/* E.g. "unknown_ca"; "unknown alert" for a description without a name. */
const char *alert_name(int description);
/* What a client means by it when it has just seen a certificate; NULL: nothing about a certificate.
 */
const char *alert_meaning(int description);

/* A place in a table of all alerts; those without a name share the last. */
enum { ALERT_SLOTS = 25 };
size_t alert_slot(int description);
const char *alert_slot_name(size_t slot);
