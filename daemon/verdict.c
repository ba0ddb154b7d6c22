#include "daemon/verdict.h"

#include "base/time_text.h"
#include "daemon/clients_seen.h"
#include "daemon/connection.h"
#include "daemon/listener.h"
#include "daemon/metrics.h"
#include "daemon/refusals.h"

/* Now, or in the session that was resumed. */
static bool saw_certificate(const struct gate_pass *pass) {
    return pass->sent_certificate || pass->end == HANDSHAKE_FINISHED;
}

static void tell_clients(const struct connection *connection, bool asked) {
    const struct gate_pass *pass = &connection->gate;
    char address[SOCKET_TEXT_SIZE];
    const struct client_news news = {
        .address = socket_address_host((const struct sockaddr *)&connection->client, address),
        .service = listener_settings(connection->listener)->service,
        .end = pass->end,
        .alert = pass->alert,
        .tells = saw_certificate(pass),
        .asked = asked,
    };
    clients_seen_note(listener_clients_seen(connection->listener), &news, time_now());
}

static void count(const struct connection *connection) {
    const struct gate_pass *pass = &connection->gate;
    const struct handshake_count handshake = {
        /* GnuTLS names one also before any was agreed on. */
        .version = saw_certificate(pass) ? gnutls_protocol_get_version(connection->session)
                                         : GNUTLS_VERSION_UNKNOWN,
        .end = pass->end,
        .alert = pass->alert,
        .resumed =
            pass->end == HANDSHAKE_FINISHED && gnutls_session_is_resumed(connection->session) != 0,
    };
    metrics_count_handshake(listener_metrics(connection->listener), &handshake);
}

void verdict_tell(struct connection *connection, bool asked) {
    if (connection->verdict_told || !connection->session)
        return;
    connection->verdict_told = true;
    refusals_note(listener_refusals(connection->listener), connection);
    tell_clients(connection, asked);
    count(connection);
}
