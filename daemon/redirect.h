/* Plain HTTP listeners: sending clients to HTTPS. */
#pragma once

#include <microhttpd.h>

struct connection;

/* 308 to the same target over HTTPS; the host is the configured one, else the one the client used,
 * which is only ever a plain host name or address. */
enum MHD_Result redirect_answer(struct connection *connection);
