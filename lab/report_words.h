/* Inside lab/: what the printed forms of a report share. */
#pragma once

#include "base/blob.h"

#include <jansson.h>
#include <stdbool.h>

/* A member's text; "" where there is none. Borrowed. */
const char *report_word(const json_t *object, const char *name);
bool report_says(const json_t *result, const char *verdict);
bool report_is_wrong(const json_t *result); /* and not known to be */
/* Why it is known to be wrong there; "" if it is not. Borrowed. */
const char *report_known(const json_t *result);

/* "curl/7.88.1 (127.0.0.1)", or by the print of its ClientHello. */
void report_client_name(const json_t *client, struct buffer *out);
/* "accepted what it must refuse", "refused what is fine (alert unknown_ca, TLS 1.3)". */
void report_outcome(const json_t *result, struct buffer *out);
