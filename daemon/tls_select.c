#include "daemon/tls_select.h"

#include "base/log.h"
#include "base/time_text.h"
#include "certs/names.h"
#include "daemon/connection.h"
#include "daemon/listener.h"

#include <string.h>

/* The server name the client sent, normalised; NULL if it sent none or no host name. */
static const char *server_name(gnutls_session_t session, char out[static NAME_SIZE]) {
    char sent[NAME_SIZE];
    size_t size = sizeof sent;
    unsigned type;
    if (gnutls_server_name_get(session, sent, &size, &type, 0) != GNUTLS_E_SUCCESS ||
        type != GNUTLS_NAME_DNS)
        return NULL;
    /* Some clients send an address, against RFC 6066: as good as a name for finding it. */
    if (name_normalise(sent, false, out) || address_normalise(sent, out))
        return out;
    return NULL;
}

static bool choose(struct connection *connection, gnutls_session_t session) {
    char name[NAME_SIZE], address[SOCKET_TEXT_SIZE];
    connection_local_address(connection, address, NULL);
    struct cert_wanted wanted = {
        .pin = listener_pinned_certificate(connection->listener),
        .server_name = server_name(session, name),
        .address = address,
        .key_types = connection->client_key_types,
        .now = time_now(),
    };
    const struct cert *cert = cert_set_choose(connection->certs, &wanted, &connection->choice);
    if (!cert)
        return false;
    cert_release(connection->cert);
    connection->cert = cert_acquire(cert);
    return true;
}

/* The staple goes with the leaf alone. It lives in the thread that runs the handshake, as GnuTLS
 * takes an array of its own struct and reads it before this thread serves another connection. */
static gnutls_ocsp_data_st *lend_staple(const struct cert *cert) {
    static _Thread_local gnutls_ocsp_data_st staple;
    const struct blob *response = cert_staple(cert, time_now());
    if (!response)
        return NULL;
    memset(&staple, 0, sizeof staple);
    staple.response.data = response->data;
    staple.response.size = (unsigned)response->size;
    staple.exptime = 0; /* cert_staple has looked */
    return &staple;
}

int tls_select_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                           gnutls_pcert_st **chain, unsigned *chain_count,
                           gnutls_ocsp_data_st **staples, unsigned *staple_count,
                           gnutls_privkey_t *key, unsigned *flags) {
    (void)info;
    struct connection *connection = gnutls_transport_get_ptr(session);
    if (!connection->certs || !choose(connection, session)) {
        gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
        return -1;
    }
    struct error err;
    const struct cert_credentials *credentials = cert_credentials(connection->cert, &err);
    if (!credentials) {
        log_error("tls", "certificate %s cannot be served: %s", cert_name(connection->cert),
                  err.text);
        return -1;
    }
    *chain = credentials->chain;
    *chain_count = credentials->chain_count;
    *key = credentials->key;
    *staples = lend_staple(connection->cert);
    *staple_count = *staples ? 1 : 0;
    *flags = 0; /* all of it stays ours */
    connection->gate.sent_certificate = true;
    return 0;
}

void tls_select_for_resumed(struct connection *connection) {
    if (connection->certs && !connection->cert)
        choose(connection, connection->session);
}
