#include "ctl/probe.h"

#include "base/time_text.h"
#include "ctl/http_head.h"
#include "platform/socket.h"
#include "report/report.h"

#include <gnutls/gnutls.h>
#include <string.h>

static bool set_up(gnutls_session_t session, gnutls_certificate_credentials_t credentials,
                   const char *server_name, int socket, struct error *err) {
    static const gnutls_datum_t http = {(unsigned char *)"http/1.1", 8};
    int code =
        gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL);
    if (code >= 0)
        code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    if (code >= 0)
        code = gnutls_alpn_set_protocols(session, &http, 1, 0);
    if (code >= 0 && server_name)
        code = gnutls_server_name_set(session, GNUTLS_NAME_DNS, server_name, strlen(server_name));
    if (code < 0) {
        error_set(err, ERROR_SYSTEM, "GnuTLS: %s", gnutls_strerror(code));
        return false;
    }
    gnutls_transport_set_int(session, socket);
    gnutls_handshake_set_timeout(session, PROBE_TIMEOUT_MS);
    return true;
}

static bool shake_hands(gnutls_session_t session, struct error *err) {
    int code;
    do
        code = gnutls_handshake(session);
    while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(code));
    if (code >= 0)
        return true;
    if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_TIMEDOUT) {
        error_set(err, ERROR_UNREACHABLE, "no TLS handshake within %d s", PROBE_TIMEOUT_MS / 1000);
    } else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        const char *alert = gnutls_alert_get_name(gnutls_alert_get(session));
        error_set(err, ERROR_INPUT, "the server ended the TLS handshake: %s", alert ? alert : "?");
    } else {
        error_set(err, ERROR_INPUT, "no TLS handshake: %s", gnutls_strerror(code));
    }
    return false;
}

/* Puts what the session shows into `seen`. */
static bool look(gnutls_session_t session, json_t *seen, struct error *err) {
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (!chain || count == 0) {
        error_set(err, ERROR_INPUT, "the server sent no certificate");
        return false;
    }
    const struct blob leaf = {chain[0].data, chain[0].size};
    json_t *certificate = report_certificate(&leaf, err);
    if (!certificate)
        return false;
    const char *version =
        gnutls_protocol_get_version(session) == GNUTLS_TLS1_3 ? "TLS 1.3" : "TLS 1.2";
    if (json_object_set_new(seen, "certificate", certificate) == 0 &&
        json_object_set_new(seen, "tls_version", json_string(version)) == 0 &&
        json_object_set_new(seen, "cipher",
                            json_string(gnutls_cipher_get_name(gnutls_cipher_get(session)))) == 0 &&
        json_object_set_new(seen, "chain", json_integer(count)) == 0)
        return true;
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

static bool send_request(gnutls_session_t session, const struct probe_target *target) {
    struct buffer request = {0};
    http_head_request(target, "HEAD", "/healthz", &request);
    ssize_t sent = request.failed ? -1 : gnutls_record_send(session, request.data, request.size);
    bool ok = sent >= 0 && (size_t)sent == request.size;
    buffer_finish(&request);
    return ok;
}

/* Reads to the end, within limits: who leaves with something unread resets the connection, and a
 * daemon must take that for a client that did not like its certificate. */
static void receive_answer(gnutls_session_t session, struct buffer *head) {
    int64_t deadline_ms = time_monotonic_ms() + PROBE_TIMEOUT_MS;
    char piece[2048];
    while (head->size < HTTP_HEAD_LIMIT && time_monotonic_ms() < deadline_ms) {
        ssize_t count = gnutls_record_recv(session, piece, sizeof piece);
        if (count < 0 && !gnutls_error_is_fatal((int)count))
            continue; /* a session ticket came, or nothing did: the deadline tells */
        if (count <= 0)
            return;
        buffer_append(head, piece, (size_t)count);
    }
}

/* A handshake alone would not show that anybody is at home behind it. */
static bool ask(gnutls_session_t session, const struct probe_target *target, json_t *seen,
                struct error *err) {
    struct buffer head = {0};
    bool sent = send_request(session, target);
    if (sent)
        receive_answer(session, &head);
    int status = http_head_is_whole(&head) ? http_head_status(head.data) : 0;
    buffer_finish(&head);
    if (status == 0)
        error_set(err, ERROR_UNREACHABLE, "no HTTP answer within %d s", PROBE_TIMEOUT_MS / 1000);
    else if (status >= 500)
        error_set(err, ERROR_SYSTEM, "the answer to a request is %d", status);
    if (status != 0 && json_object_set_new(seen, "status", json_integer(status)) != 0) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    return status != 0 && status < 500;
}

static bool converse(int socket, const struct probe_target *target, json_t *seen,
                     struct error *err) {
    gnutls_certificate_credentials_t credentials = NULL;
    gnutls_session_t session = NULL;
    bool ok = false;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0 ||
        gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) < 0) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (!set_up(session, credentials, target->server_name, socket, err) ||
        !shake_hands(session, err))
        goto done;
    ok = look(session, seen, err) && ask(session, target, seen, err);
    gnutls_bye(session, GNUTLS_SHUT_WR);
done:
    if (session)
        gnutls_deinit(session);
    if (credentials)
        gnutls_certificate_free_credentials(credentials);
    return ok;
}

json_t *probe_https(const struct probe_target *target) {
    struct error err = {0};
    struct socket_address address;
    int socket = -1;
    json_t *seen = json_pack("{s:n, s:n, s:n, s:n, s:n, s:n}", "problem", "tls_version", "cipher",
                             "status", "chain", "certificate");
    if (!seen)
        return NULL;
    bool ok = false;
    if (!socket_address_parse(target->address, target->port, &address))
        error_set(&err, ERROR_INPUT, "no address to connect to: \"%s\"", target->address);
    else if (socket_connect(&address, PROBE_TIMEOUT_MS, &socket, &err))
        ok = converse(socket, target, seen, &err);
    if (socket >= 0)
        socket_close(socket);
    if (!ok && json_object_set_new(seen, "problem", report_text(err.text)) != 0) {
        json_decref(seen);
        return NULL;
    }
    return seen;
}
