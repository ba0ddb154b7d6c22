#include "tls/alert.h"

#include <assert.h>

static const struct {
    int description;
    const char *name;
    const char *meaning; /* NULL: says nothing about the certificate */
} alerts[] = {
    {0, "close_notify", NULL},
    {10, "unexpected_message", NULL},
    {20, "bad_record_mac", NULL},
    {40, "handshake_failure", NULL},
    {42, "bad_certificate",
     "mostly the certificate does not name the host the client asked for; clients with GnuTLS "
     "say this of one that is not trusted or has expired, too"},
    {43, "unsupported_certificate", "it cannot use a certificate of this kind"},
    {44, "certificate_revoked", "the certificate was revoked"},
    {45, "certificate_expired", "the certificate has expired, or the client's clock is wrong"},
    {46, "certificate_unknown",
     "it does not accept the certificate: not trusted, or not for the "
     "name the client used"},
    {47, "illegal_parameter", NULL},
    {48, "unknown_ca", "the issuer is not trusted there: deploy the certificate to this client"},
    {49, "access_denied", "the client's policy does not allow the certificate"},
    {50, "decode_error", NULL},
    {51, "decrypt_error", NULL},
    {70, "protocol_version", NULL},
    {71, "insufficient_security", NULL},
    {80, "internal_error", NULL},
    {86, "inappropriate_fallback", NULL},
    {90, "user_canceled", NULL},
    {109, "missing_extension", NULL},
    {110, "unsupported_extension", NULL},
    {112, "unrecognized_name", NULL},
    {113, "bad_certificate_status_response", "the stapled OCSP response is not acceptable to it"},
    {120, "no_application_protocol", NULL},
};
static_assert(sizeof alerts / sizeof *alerts == ALERT_SLOTS - 1, "a slot for each, one for others");

size_t alert_slot(int description) {
    size_t slot = 0;
    while (slot < ALERT_SLOTS - 1 && alerts[slot].description != description)
        slot++;
    return slot;
}

const char *alert_slot_name(size_t slot) {
    return slot < ALERT_SLOTS - 1 ? alerts[slot].name : "unknown alert";
}

const char *alert_name(int description) {
    return alert_slot_name(alert_slot(description));
}

const char *alert_meaning(int description) {
    size_t slot = alert_slot(description);
    return slot < ALERT_SLOTS - 1 ? alerts[slot].meaning : NULL;
}
