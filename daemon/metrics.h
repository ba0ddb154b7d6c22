/* What is counted, for Prometheus.
 *
 * Each service has its counters for as long as the daemon runs, whatever listeners come and go:
 * a counter never falls. Counting is for any thread, the rest for the loop's. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "daemon/handshake_gate.h"

struct metrics;
struct service_metrics;

bool metrics_create(struct metrics **out, struct error *err);
void metrics_destroy(struct metrics *metrics);

/* The counters of a service, made if there are none yet. Borrowed. */
bool metrics_service(struct metrics *metrics, const char *service, struct service_metrics **out,
                     struct error *err);

struct handshake_count {
    gnutls_protocol_t version;
    enum handshake_end end;
    int alert;
    bool resumed;
};
void metrics_count_handshake(struct service_metrics *service,
                             const struct handshake_count *handshake);
void metrics_count_request(struct service_metrics *service, unsigned status);
void metrics_count_connection(struct service_metrics *service, int change); /* 1 or -1 */

/* The configuration was read again: taken over, or refused. */
void metrics_count_reload(struct metrics *metrics, bool taken);

/* Appends everything counted here. */
void metrics_print(const struct metrics *metrics, struct buffer *out);
