/* The page /trust: why this connection's client warns, and how it comes to trust. */
#pragma once

#include <microhttpd.h>

struct connection;

enum MHD_Result trust_page_answer(struct connection *connection);
