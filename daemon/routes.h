/* What is served where: one table. */
#pragma once

#include <microhttpd.h>

struct connection;

/* Answers a request whose framing is sound and which has no content. */
enum MHD_Result routes_answer(struct connection *connection, const char *url, const char *method);

/* 0, or the status that refuses this method for this path (404, 405, 501): for requests that must
 * be refused before their content arrives. `allow` for 405. */
unsigned routes_refusal(const char *url, const char *method, const char **allow);
