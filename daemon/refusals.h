/* Telling the administrator's log which clients refuse the certificate, and why.
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
