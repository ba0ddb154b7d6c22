/* As much of HTTP (RFC 9110, 9112) as a look at a listener takes: one request, and the head of its
 * answer. */
#pragma once

#include "base/blob.h"
#include "ctl/probe.h"

enum { HTTP_HEAD_LIMIT = 16 * 1024 };

/* Appends a request; the connection closes after its answer. */
void http_head_request(const struct probe_target *target, const char *method, const char *path,
                       struct buffer *out);

/* Is the head whole, up to its empty line? */
bool http_head_is_whole(const struct buffer *head);

/* The status of an answer, 100 to 599; 0 if this is no HTTP. */
int http_head_status(const char *head);

/* The value of a field, newly allocated; NULL if there is none. */
char *http_head_field(const char *head, const char *name);
