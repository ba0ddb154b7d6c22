/* What a client says once it holds the server for the server: an HTTP request, or anything. */
#pragma once

#include "base/blob.h"
#include "lab/scenario.h"

enum { LAB_REQUEST_LIMIT = 16 * 1024, LAB_AGENT_SIZE = 121 };

/* Zero-initialised is the start. */
struct lab_request {
    struct buffer head;         /* of HTTP, as far as it has come */
    char agent[LAB_AGENT_SIZE]; /* User-Agent (RFC 9110, 10.1.5): printable ASCII; "" if none */
    bool is_head;               /* wants no content (RFC 9110, 9.3.2) */
};
void lab_request_finish(struct lab_request *request);

/* True once there is no more to wait for: the head is whole, or too long, or this is no HTTP. */
bool lab_request_feed(struct lab_request *request, const void *data, size_t size);
/* A User-Agent field's value as it is kept: what is printable, as far as there is room. */
void lab_request_agent(const char *value, size_t size, char out[static LAB_AGENT_SIZE]);
/* Says where the client got to, and whether a right one would have. */
void lab_request_answer(const struct lab_request *request, const struct lab_scenario *scenario,
                        struct buffer *out);
