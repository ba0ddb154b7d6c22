#include "ctl/probe.h"

#include "ctl/http_head.h"
#include "ctl/tls_client.h"
#include "report/report.h"

/* Puts what the session shows into `seen`. */
static bool look(const struct tls_client *client, json_t *seen, struct error *err) {
    gnutls_session_t session = tls_client_session(client);
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
    if (json_object_set_new(seen, "certificate", certificate) == 0 &&
        json_object_set_new(seen, "tls_version", json_string(tls_client_version(client))) == 0 &&
        json_object_set_new(seen, "cipher",
                            json_string(gnutls_cipher_get_name(gnutls_cipher_get(session)))) == 0 &&
        json_object_set_new(seen, "chain", json_integer(count)) == 0)
        return true;
    return error_no_memory(err);
}

/* A handshake alone would not show that anybody is at home behind it. */
static bool ask(struct tls_client *client, const struct probe_target *target, json_t *seen,
                struct error *err) {
    struct buffer head = {0};
    tls_client_ask(client, target, "/healthz", PROBE_TIMEOUT_MS, &head);
    int status = http_head_is_whole(&head) ? http_head_status(head.data) : 0;
    buffer_finish(&head);
    if (status == 0)
        error_set(err, ERROR_UNREACHABLE, "no HTTP answer within %d s", PROBE_TIMEOUT_MS / 1000);
    else if (status >= 500)
        error_set(err, ERROR_SYSTEM, "the answer to a request is %d", status);
    if (status != 0 && json_object_set_new(seen, "status", json_integer(status)) != 0)
        return error_no_memory(err);
    return status != 0 && status < 500;
}

json_t *probe_https(const struct probe_target *target) {
    struct error err = {0};
    struct socket_address address;
    struct tls_client *client = NULL;
    json_t *seen = json_pack("{s:n, s:n, s:n, s:n, s:n, s:n}", "problem", "tls_version", "cipher",
                             "status", "chain", "certificate");
    if (!seen)
        return NULL;
    bool ok = false;
    if (!socket_address_parse(target->address, target->port, &address))
        error_set(&err, ERROR_INPUT, "no address to connect to: \"%s\"", target->address);
    else if (tls_client_connect(&address, target->server_name, &client, &err))
        ok = look(client, seen, &err) && ask(client, target, seen, &err);
    tls_client_close(client);
    if (!ok && json_object_set_new(seen, "problem", report_text(err.text)) != 0) {
        json_decref(seen);
        return NULL;
    }
    return seen;
}
