#include "ctl/tls_client.h"

#include "base/time_text.h"
#include "ctl/http_head.h"
#include "platform/stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tls_client {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    struct sent_chain chain;
    int64_t deadline_ms; /* of what is under way */
    int socket;
    bool is_open; /* the handshake is done */
};

/* Weak keys, and keys that are not for this, are looked at, too: whether clients take them is said
 * elsewhere. */
static const char priority[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%PROFILE_VERY_WEAK:%COMPAT";

/* A server that sends its octets one by one would keep GnuTLS reading. */
static ssize_t receive(gnutls_transport_ptr_t context, void *data, size_t size) {
    struct tls_client *client = context;
    if (time_monotonic_ms() < client->deadline_ms)
        return stream_receive(client->socket, data, size);
    errno = EAGAIN;
    return -1;
}

static gnutls_transport_ptr_t descriptor_of(const struct tls_client *client) {
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): so GnuTLS has it */
    return (gnutls_transport_ptr_t)(intptr_t)client->socket;
}

static int await(gnutls_transport_ptr_t context, unsigned timeout_ms) {
    return gnutls_system_recv_timeout(descriptor_of(context), timeout_ms);
}

/* Before GnuTLS reads it. What cannot be read is as if nothing had come. */
static int keep_chain(gnutls_session_t session, unsigned type, unsigned when, unsigned is_incoming,
                      const gnutls_datum_t *message) {
    struct tls_client *client = gnutls_session_get_ptr(session);
    (void)type;
    (void)when;
    if (is_incoming && client->chain.count == 0)
        sent_chain_read(message->data, message->size,
                        gnutls_protocol_get_version(session) == GNUTLS_TLS1_3, &client->chain);
    return 0;
}

static bool set_up(struct tls_client *client, const char *server_name, struct error *err) {
    static const gnutls_datum_t http = {(unsigned char *)"http/1.1", 8};
    gnutls_session_t session = client->session;
    int code = gnutls_priority_set_direct(session, priority, NULL);
    if (code >= 0)
        code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, client->credentials);
    if (code >= 0)
        code = gnutls_alpn_set_protocols(session, &http, 1, 0);
    if (code >= 0 && server_name)
        code = gnutls_server_name_set(session, GNUTLS_NAME_DNS, server_name, strlen(server_name));
    if (code < 0) {
        error_set(err, ERROR_SYSTEM, "GnuTLS: %s", gnutls_strerror(code));
        return false;
    }
    gnutls_session_set_ptr(session, client);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT, GNUTLS_HOOK_PRE,
                                       keep_chain);
    gnutls_transport_set_ptr2(session, client, descriptor_of(client));
    gnutls_transport_set_pull_function(session, receive);
    gnutls_transport_set_pull_timeout_function(session, await);
    gnutls_handshake_set_timeout(session, PROBE_TIMEOUT_MS);
    return true;
}

/* What an alert means to whoever runs the server. */
static void explain_alert(gnutls_alert_description_t alert, struct error *err) {
    const char *name = gnutls_alert_get_name(alert);
    const char *meaning = "";
    if (alert == GNUTLS_A_UNRECOGNIZED_NAME)
        meaning = ": it has no certificate for this name";
    else if (alert == GNUTLS_A_PROTOCOL_VERSION)
        meaning = ": it speaks neither TLS 1.3 nor TLS 1.2";
    else if (alert == GNUTLS_A_HANDSHAKE_FAILURE)
        meaning = ": it has no certificate, or none whose kind of key clients can use";
    error_set(err, ERROR_INPUT, "the server ended the TLS handshake: %s%s", name ? name : "?",
              meaning);
}

static bool is_no_tls(int code) {
    return code == GNUTLS_E_UNEXPECTED_PACKET_LENGTH || code == GNUTLS_E_UNEXPECTED_PACKET ||
           code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET || code == GNUTLS_E_RECORD_OVERFLOW;
}

/* GnuTLS wants to be asked again behind each record of a message that fills several, too, so that
 * the clock alone tells who is too slow. */
static bool shake_hands(struct tls_client *client, struct error *err) {
    int code;
    client->deadline_ms = time_monotonic_ms() + PROBE_TIMEOUT_MS;
    do
        code = gnutls_handshake(client->session);
    while (code < 0 && !gnutls_error_is_fatal(code) && time_monotonic_ms() < client->deadline_ms);
    if (code >= 0)
        return true;
    if (!gnutls_error_is_fatal(code) || code == GNUTLS_E_TIMEDOUT)
        error_set(err, ERROR_UNREACHABLE, "no TLS handshake within %d s", PROBE_TIMEOUT_MS / 1000);
    else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        explain_alert(gnutls_alert_get(client->session), err);
    else if (code == GNUTLS_E_PULL_ERROR || code == GNUTLS_E_PREMATURE_TERMINATION)
        error_set(err, ERROR_INPUT, "no TLS handshake: the server closed the connection");
    else if (is_no_tls(code))
        error_set(err, ERROR_INPUT, "no TLS handshake: what answers there speaks no TLS (%s)",
                  gnutls_strerror(code));
    else
        error_set(err, ERROR_INPUT, "no TLS handshake: %s", gnutls_strerror(code));
    return false;
}

void tls_client_close(struct tls_client *client) {
    if (!client)
        return;
    if (client->is_open)
        gnutls_bye(client->session, GNUTLS_SHUT_WR);
    if (client->session)
        gnutls_deinit(client->session);
    if (client->credentials)
        gnutls_certificate_free_credentials(client->credentials);
    sent_chain_finish(&client->chain);
    socket_close(client->socket);
    free(client);
}

bool tls_client_look(const struct socket_address *address, const char *server_name,
                     struct tls_client **out, struct error *err) {
    int socket = -1;
    if (!socket_connect(address, PROBE_TIMEOUT_MS, &socket, err))
        return false;
    struct tls_client *client = calloc(1, sizeof *client);
    if (!client) {
        error_no_memory(err);
        socket_close(socket);
        return false;
    }
    client->socket = socket;
    if (gnutls_certificate_allocate_credentials(&client->credentials) < 0 ||
        gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) < 0)
        error_no_memory(err);
    else
        client->is_open = set_up(client, server_name, err) && shake_hands(client, err);
    bool ok = client->is_open || client->chain.count > 0;
    if (ok)
        *out = client;
    else
        tls_client_close(client);
    return ok;
}

bool tls_client_connect(const struct socket_address *address, const char *server_name,
                        struct tls_client **out, struct error *err) {
    struct tls_client *client = NULL;
    bool ok = tls_client_look(address, server_name, &client, err) && client->is_open;
    if (ok)
        *out = client;
    else
        tls_client_close(client);
    return ok;
}

const struct sent_chain *tls_client_chain(const struct tls_client *client) {
    return &client->chain;
}

bool tls_client_is_open(const struct tls_client *client) {
    return client->is_open;
}

gnutls_session_t tls_client_session(const struct tls_client *client) {
    return client->session;
}

const char *tls_client_version(const struct tls_client *client) {
    return gnutls_protocol_get_version(client->session) == GNUTLS_TLS1_3 ? "TLS 1.3" : "TLS 1.2";
}

static bool send_request(const struct tls_client *client, const struct probe_target *target,
                         const char *path) {
    struct buffer request = {0};
    http_head_request(target, "HEAD", path, &request);
    ssize_t sent =
        request.failed ? -1 : gnutls_record_send(client->session, request.data, request.size);
    bool ok = sent >= 0 && (size_t)sent == request.size;
    buffer_finish(&request);
    return ok;
}

/* Reads to the end, within limits: who leaves with something unread resets the connection, and a
 * daemon must take that for a client that did not like its certificate. */
static void receive_answer(struct tls_client *client, int timeout_ms, struct buffer *head) {
    client->deadline_ms = time_monotonic_ms() + timeout_ms;
    char piece[2048];
    gnutls_record_set_timeout(client->session, (unsigned)timeout_ms);
    while (head->size < HTTP_HEAD_LIMIT && time_monotonic_ms() < client->deadline_ms) {
        ssize_t count = gnutls_record_recv(client->session, piece, sizeof piece);
        if (count < 0 && count != GNUTLS_E_TIMEDOUT && !gnutls_error_is_fatal((int)count))
            continue; /* a session ticket came, or nothing did: the deadline tells */
        if (count <= 0)
            return;
        buffer_append(head, piece, (size_t)count);
    }
}

bool tls_client_ask(struct tls_client *client, const struct probe_target *target, const char *path,
                    int timeout_ms, struct buffer *head) {
    if (!send_request(client, target, path))
        return false;
    receive_answer(client, timeout_ms, head);
    return true;
}
