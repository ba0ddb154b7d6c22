/* What an administrator should be told before clients complain: certificates about to expire, and
 * a generated certificate that no longer names its host. Each is said once. */
#pragma once

#include "certs/cert_set.h"
#include "daemon/first_certificate.h"

struct cert_warnings;

bool cert_warnings_create(struct cert_warnings **out, struct error *err);
void cert_warnings_destroy(struct cert_warnings *warnings);

/* Logs what has become worth saying since the last look: 30, 14, 7 and 1 days before the end of
 * each certificate, its end, and names the generated one lacks while it is what clients get.
 * `renewed`: entries that the daemon renews by itself, of whose end is only warned where that has
 * not happened. */
void cert_warnings_look(struct cert_warnings *warnings, const struct cert_set *set,
                        const struct first_certificate *first, const struct string_list *renewed,
                        int64_t now);

/* Should a certificate that is renewed at two thirds of its life have been by now? */
bool renewal_failed(int64_t not_before, int64_t not_after, int64_t now);

/* The step of the warnings a certificate is at: 30, 14, 7 or 1 days, 0 once it is over; -1: not yet
 * any. */
int expiry_step(int64_t not_after, int64_t now);
