#include "daemon/tls_front.h"

#include "base/blob.h"
#include "daemon/client_hello.h"
#include "daemon/connection.h"
#include "daemon/listener.h"
#include "daemon/tls_select.h"
#include "daemon/verdict.h"
#include "platform/file.h"

#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct tls_front {
    pthread_mutex_t mutex; /* guards the key */
    gnutls_datum_t ticket_key;
    bool own_key; /* not from a file */
};

enum { TICKET_KEY_SIZE = 64 };

static bool read_ticket_key(const char *path, gnutls_datum_t *out, struct error *err) {
    struct blob key = {0};
    struct file_identity identity;
    bool ok = false;
    if (!file_read(path, TICKET_KEY_SIZE + 1, &key, &identity, err))
        goto done;
    if (key.size != TICKET_KEY_SIZE) {
        error_set(err, ERROR_INPUT,
                  "ticket key file %s holds %zu bytes, it must be %d: "
                  "head -c %d /dev/urandom > %s",
                  path, key.size, TICKET_KEY_SIZE, TICKET_KEY_SIZE, path);
        goto done;
    }
    if (file_readable_by_all(&identity)) {
        error_set(err, ERROR_PERMISSION, "ticket key file %s can be read by everyone: chmod 600 %s",
                  path, path);
        goto done;
    }
    out->data = gnutls_malloc(key.size);
    if (!out->data) {
        error_set(err, ERROR_MEMORY, "ticket key: out of memory");
        goto done;
    }
    memcpy(out->data, key.data, key.size);
    out->size = (unsigned)key.size;
    ok = true;
done:
    blob_wipe(&key);
    return ok;
}

static bool make_ticket_key(gnutls_datum_t *out, struct error *err) {
    int status = gnutls_session_ticket_key_generate(out);
    if (status != GNUTLS_E_SUCCESS)
        error_set(err, ERROR_SYSTEM, "no session ticket key: %s", gnutls_strerror(status));
    return status == GNUTLS_E_SUCCESS;
}

static void finish_ticket_key(gnutls_datum_t *key) {
    if (key->data) {
        memory_wipe(key->data, key->size);
        gnutls_free(key->data);
    }
    *key = (gnutls_datum_t){0};
}

bool tls_front_check(const char *ticket_key_file, struct error *err) {
    gnutls_datum_t key = {0};
    bool ok = !ticket_key_file || read_ticket_key(ticket_key_file, &key, err);
    finish_ticket_key(&key);
    return ok;
}

bool tls_front_reload(struct tls_front *front, const char *ticket_key_file, struct error *err) {
    gnutls_datum_t key = {0};
    if (!ticket_key_file && front->own_key)
        return true;
    if (!(ticket_key_file ? read_ticket_key(ticket_key_file, &key, err)
                          : make_ticket_key(&key, err)))
        return false;
    pthread_mutex_lock(&front->mutex);
    gnutls_datum_t before = front->ticket_key;
    front->ticket_key = key;
    front->own_key = !ticket_key_file;
    pthread_mutex_unlock(&front->mutex);
    finish_ticket_key(&before);
    return true;
}

bool tls_front_create(const char *ticket_key_file, struct tls_front **out, struct error *err) {
    struct tls_front *front = calloc(1, sizeof *front);
    if (!front) {
        error_set(err, ERROR_MEMORY, "tls: out of memory");
        return false;
    }
    pthread_mutex_init(&front->mutex, NULL);
    if (!tls_front_reload(front, ticket_key_file, err)) {
        tls_front_destroy(front);
        return false;
    }
    *out = front;
    return true;
}

void tls_front_destroy(struct tls_front *front) {
    if (!front)
        return;
    finish_ticket_key(&front->ticket_key);
    pthread_mutex_destroy(&front->mutex);
    free(front);
}

void tls_priority_versions(const char *priority, bool *tls12, bool *tls13) {
    gnutls_priority_t parsed;
    const unsigned *versions;
    *tls12 = *tls13 = false;
    if (gnutls_priority_init(&parsed, priority, NULL) != GNUTLS_E_SUCCESS)
        return;
    int count = gnutls_priority_protocol_list(parsed, &versions);
    for (int i = 0; i < count; i++) {
        *tls12 |= versions[i] == GNUTLS_TLS1_2;
        *tls13 |= versions[i] == GNUTLS_TLS1_3;
    }
    gnutls_priority_deinit(parsed);
}

bool tls_priority_check(const char *priority, struct error *err) {
    gnutls_priority_t parsed;
    const char *where = "";
    int status = gnutls_priority_init(&parsed, priority, &where);
    if (status != GNUTLS_E_SUCCESS) {
        error_set(err, ERROR_CONFIG, "not a GnuTLS priority string at \"%s\": %s", where,
                  gnutls_strerror(status));
        return false;
    }
    gnutls_priority_deinit(parsed);
    return true;
}

char *tls_priority_for(bool tls12, bool tls13) {
    struct buffer text = {0};
    buffer_printf(&text,
                  "NORMAL:-VERS-ALL%s%s:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM"
                  ":+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519"
                  ":+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1",
                  tls13 ? ":+VERS-TLS1.3" : "", tls12 ? ":+VERS-TLS1.2" : "");
    return buffer_take(&text);
}

/* ---- observing the handshake ---- */

/* libmicrohttpd closes a connection whose handshake failed without an alert; what is plain from the
 * ClientHello is told, so that the client's user reads of the version and not of a lost connection.
 */
static int on_client_hello(struct connection *connection, const gnutls_datum_t *message) {
    const struct listener_settings *settings = listener_settings(connection->listener);
    const struct client_offer offer =
        client_hello_read(message->data, message->size, settings->tls12, settings->tls13);
    connection->client_key_types = offer.key_types;
    if (!offer.well_formed)
        return 0; /* GnuTLS has its own word for it */
    if (!offer.tls12 && !offer.tls13) {
        gnutls_alert_send(connection->session, GNUTLS_AL_FATAL, GNUTLS_A_PROTOCOL_VERSION);
        return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
    }
    if (offer.key_types == 0) {
        gnutls_alert_send(connection->session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
        return GNUTLS_E_NO_CIPHER_SUITES;
    }
    return 0;
}

static void on_client_finished(struct connection *connection) {
    if (!connection->cert)
        tls_select_for_resumed(connection);
    handshake_gate_pass(connection);
    /* The handshake is done with the set; the one certificate stays for the pages. */
    cert_set_release(connection->certs);
    connection->certs = NULL;
}

static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *message) {
    struct connection *connection = gnutls_transport_get_ptr(session);
    if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO && when == GNUTLS_HOOK_PRE)
        return on_client_hello(connection, message);
    if (incoming && type == GNUTLS_HANDSHAKE_FINISHED && when == GNUTLS_HOOK_POST)
        on_client_finished(connection);
    return 0;
}

/* GnuTLS frees the session before libmicrohttpd says that the connection is closed. What a client
 * did to our certificate can be asked only of the living session: the private data of a session
 * extension are given back inside gnutls_deinit, when the session can still be read. */
enum { OBSERVER_EXTENSION = 0xFF5A /* private use, RFC 8447; never sent */ };

static void on_session_end(gnutls_ext_priv_data_t context) {
    struct connection *connection = context;
    if (!connection || !connection->session)
        return;
    handshake_gate_observe_end(connection);
    verdict_tell(connection, false);
    connection->session = NULL;
}

static int ignore_received(gnutls_session_t session, const unsigned char *data, size_t size) {
    (void)session;
    (void)data;
    (void)size;
    return 0;
}

static int send_nothing(gnutls_session_t session, gnutls_buffer_t data) {
    (void)session;
    (void)data;
    return 0;
}

/* A resumed handshake shows no certificate, so a session may be resumed only where its certificate
 * would be chosen again: each service, each pin and each set of certificates has a key of its own,
 * derived from the one of the front (RFC 5869). Hosts that share a key may hold different sets for
 * a while, as when one of them has been renewed: theirs is derived for service and pin alone. */
static void enable_tickets(struct tls_front *front, struct connection *connection) {
    enum { SERVICE_SIZE = 64, PIN_SIZE = 256 };
    const char *service = listener_settings(connection->listener)->service;
    const char *pin = listener_pinned_certificate(connection->listener);
    unsigned char info[CERT_SET_DIGEST_SIZE + SERVICE_SIZE + PIN_SIZE] = {0};
    unsigned char derived[TICKET_KEY_SIZE];
    memcpy(info + CERT_SET_DIGEST_SIZE, service, strnlen(service, SERVICE_SIZE));
    if (pin)
        memcpy(info + CERT_SET_DIGEST_SIZE + SERVICE_SIZE, pin, strnlen(pin, PIN_SIZE));
    const gnutls_datum_t about = {info, sizeof info};
    const gnutls_datum_t key = {derived, sizeof derived};
    pthread_mutex_lock(&front->mutex);
    if (front->own_key)
        memcpy(info, cert_set_digest(connection->certs), CERT_SET_DIGEST_SIZE);
    int status =
        gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &front->ticket_key, &about, derived, sizeof derived);
    pthread_mutex_unlock(&front->mutex);
    if (status == GNUTLS_E_SUCCESS)
        gnutls_session_ticket_enable_server(connection->session, &key); /* copies the key */
    memory_wipe(derived, sizeof derived);
}

void tls_front_begin(struct tls_front *front, struct connection *connection) {
    gnutls_session_t session = connection->session;
    handshake_gate_enter(listener_gate(connection->listener), connection);
    enable_tickets(front, connection);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, on_message);
    if (gnutls_session_ext_register(session, "observer", OBSERVER_EXTENSION, GNUTLS_EXT_TLS,
                                    ignore_received, send_nothing, on_session_end, NULL, NULL,
                                    0) == GNUTLS_E_SUCCESS)
        gnutls_ext_set_data(session, OBSERVER_EXTENSION, connection);
}

void tls_front_end(struct connection *connection) {
    handshake_gate_leave(connection);
    /* libmicrohttpd frees the session first, but for a connection it could not even start. */
    if (connection->session)
        gnutls_ext_set_data(connection->session, OBSERVER_EXTENSION, NULL);
}
