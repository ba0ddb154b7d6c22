/* Looking at a listener from outside, as its clients do. Trust is not judged: what counts here is
 * what is really sent. */
#pragma once

#include <jansson.h>
#include <stdint.h>

enum { PROBE_TIMEOUT_MS = 5000 }; /* for the connection, and again for the conversation */

struct probe_target {
    const char *address; /* a literal */
    uint16_t port;
    const char *server_name; /* to ask for; NULL: none */
};

/* Both give a new object with `problem`, null or a sentence, and what was seen; NULL when out of
 * memory. */

/* A TLS handshake and a request: `tls_version`, `cipher`, `certificate` (as in report_certificate),
 * `chain` (certificates sent), `status` (of the answer); null where it did not come so far. */
json_t *probe_https(const struct probe_target *target);

/* A plain request for "/": `status` and `location`; null where there was none. A problem also if
 * the answer does not lead to https. */
json_t *probe_redirect(const struct probe_target *target);
