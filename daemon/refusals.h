/* Telling the administrator which clients refuse the certificate, and why.
 *
 * One line at most a minute for each client address. Any thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

struct connection;
struct refusals;

bool refusals_create(struct refusals **out, struct error *err);
void refusals_destroy(struct refusals *refusals);

/* Logs how a handshake ended, if the client did not like our certificate. */
void refusals_note(struct refusals *refusals, const struct connection *connection);

/* A TLS alert's description in words (RFC 8446, 6.2), e.g. "unknown_ca". */
const char *alert_name(int description);
/* What a client means by it when it has just seen a certificate; NULL: nothing about a certificate.
 */
const char *alert_meaning(int description);
