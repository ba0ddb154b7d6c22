#include "daemon/refusals.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/connection.h"
#include "daemon/listener.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_MS = 60 * 1000, SLOTS = 1024 };

/* A slot for each client by hash: when two clients share one, the later takes it, so that memory
 * stays bounded and at worst a line too many is written. */
struct refusals {
    pthread_mutex_t mutex;
    struct {
        uint64_t client;
        int64_t logged_ms;
    } slots[SLOTS];
};

bool refusals_create(struct refusals **out, struct error *err) {
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (!refusals) {
        error_set(err, ERROR_MEMORY, "refusals: out of memory");
        return false;
    }
    pthread_mutex_init(&refusals->mutex, NULL);
    *out = refusals;
    return true;
}

void refusals_destroy(struct refusals *refusals) {
    if (!refusals)
        return;
    pthread_mutex_destroy(&refusals->mutex);
    free(refusals);
}

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
     "the certificate is not acceptable to it, often because it does not "
     "name the host the client asked for"},
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

const char *alert_name(int description) {
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
        if (alerts[i].description == description)
            return alerts[i].name;
    return "unknown alert";
}

const char *alert_meaning(int description) {
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
        if (alerts[i].description == description)
            return alerts[i].meaning;
    return NULL;
}

static uint64_t client_hash(const char *client) {
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (const char *c = client; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
    return hash | 1; /* 0 is an empty slot */
}

static bool may_log(struct refusals *refusals, uint64_t client) {
    int64_t now = time_monotonic_ms();
    bool may = true;
    pthread_mutex_lock(&refusals->mutex);
    size_t slot = client % SLOTS;
    if (refusals->slots[slot].client == client && now - refusals->slots[slot].logged_ms < QUIET_MS)
        may = false;
    else {
        refusals->slots[slot].client = client;
        refusals->slots[slot].logged_ms = now;
    }
    pthread_mutex_unlock(&refusals->mutex);
    return may;
}

void refusals_note(struct refusals *refusals, const struct connection *connection) {
    const struct gate_pass *pass = &connection->gate;
    const char *service = listener_settings(connection->listener)->service;
    char client[SOCKET_TEXT_SIZE];
    socket_address_host((const struct sockaddr *)&connection->client, client);

    const char *meaning = pass->end == HANDSHAKE_REFUSED ? alert_meaning(pass->alert) : NULL;
    if (meaning) {
        if (may_log(refusals, client_hash(client)))
            log_warning("tls", "client %s refused the certificate of %s: %s (%s)", client, service,
                        alert_name(pass->alert), meaning);
    } else if (pass->end == HANDSHAKE_LEFT) {
        if (may_log(refusals, client_hash(client)))
            log_notice("tls",
                       "client %s left %s after it saw the certificate, without a reason "
                       "(Node.js does so when it does not trust it)",
                       client, service);
    } else if (pass->end == HANDSHAKE_REFUSED)
        log_info("tls", "client %s ended the handshake with %s: %s", client, service,
                 alert_name(pass->alert));
    else if (pass->end == HANDSHAKE_LATE)
        log_debug("tls", "client %s did not finish its handshake with %s in time", client, service);
    else if (pass->end == HANDSHAKE_FAILED)
        log_debug("tls", "client %s and %s found no common ground", client, service);
}
