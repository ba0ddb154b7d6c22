#include "daemon/refusals.h"

#include "base/log.h"
#include "base/time_text.h"
#include "tls/alert.h"
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
