/* The page /trust: why this connection's client warns, and how it comes to trust. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <microhttpd.h>

struct connection;

enum MHD_Result trust_page_answer(struct connection *connection);

/* What clients must trust for the certificate that this connection was given, one and the same
 * wherever it is told or handed out. A copy, DER. Gives `out`. */
bool trust_page_anchor(const struct connection *connection, struct blob *out, struct error *err);
