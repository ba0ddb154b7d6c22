#include "lab/session_state.h"

static const char *version_text(gnutls_session_t tls) {
    switch (gnutls_protocol_get_version(tls)) {
    case GNUTLS_TLS1_3:
        return "TLS 1.3";
    case GNUTLS_TLS1_2:
        return "TLS 1.2";
    case GNUTLS_TLS1_1:
        return "TLS 1.1";
    case GNUTLS_TLS1_0:
        return "TLS 1.0";
    default:
        return "";
    }
}

static void on_offer(struct lab_session *session, const gnutls_datum_t *hello) {
    if (session->offered)
        return; /* a second one, after our HelloRetryRequest */
    session->offered = true;
    session->end = LAB_END_LEFT;
    session->number = session->stage->hellos++;
    hello_print(hello->data, hello->size, session->print);
}

static int on_message(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *message) {
    struct lab_session *session = gnutls_session_get_ptr(tls);
    if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO && when == GNUTLS_HOOK_PRE)
        on_offer(session, message);
    if (!incoming && type == GNUTLS_HANDSHAKE_SERVER_HELLO)
        session->version = version_text(tls);
    if (!incoming && type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT) {
        session->saw = true;
        session->wiretap.cuts = session->stage->scenario->behaviour == LAB_CLOSES;
    }
    return 0;
}

/* GnuTLS can hold a handshake here (GNUTLS_E_AGAIN), but chooses a certificate nevertheless. So a
 * session that is held is given up, and another one reads the same ClientHello when it goes on. */
static int hold(struct lab_session *session) {
    session->is_held = true;
    session->wiretap.keeps = false;
    return GNUTLS_E_AGAIN;
}

/* Called with the ClientHello read, before it is answered. */
static int on_offer_read(gnutls_session_t tls) {
    struct lab_session *session = gnutls_session_get_ptr(tls);
    struct lab_stage *stage = session->stage;
    switch (stage->scenario->behaviour) {
    case LAB_UNKNOWN_NAME_FATAL:
        return GNUTLS_E_UNRECOGNIZED_NAME;
    case LAB_STALLS:
        return hold(session);
    case LAB_UNKNOWN_NAME_WARNING:
        if (!session->has_warned)
            gnutls_alert_send(tls, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME);
        session->has_warned = true;
        break;
    default:
        break;
    }
    if (!session->credentials &&
        !stage->chain(stage->context, session->number, &session->credentials)) {
        session->has_failed = true;
        return GNUTLS_E_INTERNAL_ERROR;
    }
    if (!session->credentials)
        return hold(session);
    lab_wiretap_forget(&session->wiretap);
    return 0;
}

static int choose(gnutls_session_t tls, const struct gnutls_cert_retr_st *info,
                  gnutls_pcert_st **chain, unsigned *chain_count, gnutls_ocsp_data_st **staples,
                  unsigned *staple_count, gnutls_privkey_t *key, unsigned *flags) {
    (void)info;
    const struct lab_session *session = gnutls_session_get_ptr(tls);
    /* GnuTLS takes what it only reads as if it were its own. */
    struct lab_credentials *credentials = (struct lab_credentials *)session->credentials;
    if (!credentials)
        return -1;
    *chain = credentials->certificates;
    *chain_count = credentials->count;
    *key = credentials->key;
    *staple_count = credentials->staple.response.size > 0;
    *staples = *staple_count ? &credentials->staple : NULL;
    *flags = 0; /* all of it stays ours */
    return 0;
}

void lab_session_prepare(gnutls_certificate_credentials_t credentials) {
    gnutls_certificate_set_retrieve_function3(credentials, choose);
    gnutls_certificate_set_known_dh_params(credentials, GNUTLS_SEC_PARAM_MEDIUM);
}

bool lab_session_open_tls(struct lab_session *session) {
    static const gnutls_datum_t http = {(unsigned char *)"http/1.1", 8};
    const struct lab_stage *stage = session->stage;
    if (gnutls_init(&session->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) !=
        GNUTLS_E_SUCCESS)
        return false;
    gnutls_session_set_ptr(session->tls, session);
    lab_wiretap_attach(&session->wiretap, session->tls);
    gnutls_handshake_set_hook_function(session->tls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                       on_message);
    gnutls_handshake_set_post_client_hello_function(session->tls, on_offer_read);
    return gnutls_priority_set(session->tls, stage->priority) == GNUTLS_E_SUCCESS &&
           gnutls_credentials_set(session->tls, GNUTLS_CRD_CERTIFICATE, stage->credentials) ==
               GNUTLS_E_SUCCESS &&
           gnutls_alpn_set_protocols(session->tls, &http, 1, 0) == GNUTLS_E_SUCCESS;
}

const char *lab_session_server_name(const struct lab_session *session, char out[static NAME_SIZE]) {
    size_t size = NAME_SIZE;
    unsigned type;
    if (!session->tls)
        return "";
    if (gnutls_server_name_get(session->tls, out, &size, &type, 0) != GNUTLS_E_SUCCESS)
        return "";
    for (const char *at = out; *at; at++)
        if (*at <= ' ' || *at > '~')
            return "";
    return out;
}
