#include "lab/session_state.h"

#include "base/time_text.h"
#include "platform/loop.h"
#include "platform/stream.h"
#include "tls/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_MS = 2000 }; /* for the client to close after our last word */

/* ---- the phases: each gives true where the next one may begin at once ---- */

static bool enter(struct lab_session *session, enum phase phase) {
    session->phase = phase;
    return true;
}

static void hurry(struct lab_session *session, int64_t in_ms) {
    session->deadline_ms = time_monotonic_ms() + in_ms;
    session->stage->hurried(session->stage->context, session);
}

/* The client's last word, unless that is "I leave". */
static bool take_alert(struct lab_session *session, int alert) {
    if (alert <= GNUTLS_A_CLOSE_NOTIFY || alert == GNUTLS_A_USER_CANCELED)
        return false;
    session->alert = alert;
    session->end = LAB_END_ALERT;
    return true;
}

static bool linger(struct lab_session *session) {
    stream_shutdown_writing(session->wiretap.socket);
    hurry(session, LINGER_MS);
    return enter(session, PHASE_LINGER);
}

static bool is_nothing_common(int code) {
    switch (code) {
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
    case GNUTLS_E_NO_CIPHER_SUITES:
    case GNUTLS_E_NO_COMMON_KEY_SHARE:
    case GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM:
    case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
    case GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY:
    case GNUTLS_E_ECC_UNSUPPORTED_CURVE:
    case GNUTLS_E_ECC_NO_SUPPORTED_CURVES:
    case GNUTLS_E_INAPPROPRIATE_FALLBACK:
    case GNUTLS_E_UNWANTED_ALGORITHM:
        return true;
    default:
        return false;
    }
}

static void say_why(struct lab_session *session, int code) {
    bool is_older = session->stage->scenario->behaviour == LAB_TLS13_ALONE &&
                    gnutls_protocol_get_version(session->tls) != GNUTLS_TLS1_3;
    if (code == GNUTLS_E_UNRECOGNIZED_NAME)
        gnutls_alert_send(session->tls, GNUTLS_AL_FATAL, GNUTLS_A_UNRECOGNIZED_NAME);
    else if (code == GNUTLS_E_NO_CIPHER_SUITES && is_older) /* GnuTLS looks no further */
        gnutls_alert_send(session->tls, GNUTLS_AL_FATAL, GNUTLS_A_PROTOCOL_VERSION);
    else
        gnutls_alert_send_appropriate(session->tls, code);
}

/* The handshake has failed, for one of two sides. */
static bool fail(struct lab_session *session, int code) {
    struct lab_wiretap *wiretap = &session->wiretap;
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        take_alert(session, (int)gnutls_alert_get(session->tls));
    else
        lab_wiretap_drain(wiretap); /* a last word that GnuTLS does not want to hear */
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || take_alert(session, wiretap->alerts.alert))
        return enter(session, PHASE_OVER);
    if (wiretap->has_cut)
        return linger(session);
    if (code == GNUTLS_E_SESSION_EOF) /* it says that it leaves */
        return enter(session, PHASE_OVER);
    if (wiretap->is_gone && (code == GNUTLS_E_PREMATURE_TERMINATION ||
                             code == GNUTLS_E_PULL_ERROR || code == GNUTLS_E_PUSH_ERROR))
        return enter(session, PHASE_OVER);
    /* GnuTLS takes no server name with an underscore: not the client's fault. */
    if (session->has_failed || code == GNUTLS_E_RECEIVED_DISALLOWED_NAME)
        session->end = LAB_END_LATE;
    else if (session->offered && is_nothing_common(code))
        session->end = LAB_END_NOTHING_COMMON;
    else if (code != GNUTLS_E_UNRECOGNIZED_NAME)
        session->end = LAB_END_BROKEN;
    say_why(session, code);
    return linger(session);
}

static bool has_finished(struct lab_session *session) {
    session->finished = session->wiretap.is_private = true;
    session->end = LAB_END_FINISHED;
    /* A client with Nagle's algorithm on holds its request back until its last flight is
     * acknowledged. */
    stream_acknowledge(session->wiretap.socket);
    hurry(session, session->stage->patience_ms);
    return enter(session, PHASE_LISTEN);
}

/* A warning about our certificate is a refusal by a client that is polite. */
static bool take_warning(struct lab_session *session) {
    int alert = (int)gnutls_alert_get(session->tls);
    return alert_meaning(alert) && take_alert(session, alert);
}

static bool shake_hands(struct lab_session *session) {
    enum { WARNING_LIMIT = 16 };
    for (int warnings = 0; warnings < WARNING_LIMIT; warnings++) {
        int code = gnutls_handshake(session->tls);
        if (session->is_held)
            return enter(session, PHASE_HELD);
        if (code == GNUTLS_E_SUCCESS)
            return has_finished(session);
        if (gnutls_error_is_fatal(code))
            return fail(session, code);
        if (take_alert(session, session->wiretap.alerts.alert))
            return enter(session, PHASE_OVER);
        if (code == GNUTLS_E_AGAIN)
            return false;
        if (code == GNUTLS_E_WARNING_ALERT_RECEIVED && take_warning(session))
            return enter(session, PHASE_OVER);
    }
    return fail(session, GNUTLS_E_UNEXPECTED_PACKET);
}

/* Nothing but an alert or its end is to come from the client. */
static bool wait_for_end(struct lab_session *session) {
    lab_wiretap_drain(&session->wiretap);
    if (session->end == LAB_END_LEFT && take_alert(session, session->wiretap.alerts.alert))
        return enter(session, PHASE_OVER);
    return session->wiretap.is_gone && enter(session, PHASE_OVER);
}

static bool listen_to_request(struct lab_session *session) {
    for (;;) {
        char piece[2048];
        ssize_t size = gnutls_record_recv(session->tls, piece, sizeof piece);
        if (size > 0) {
            session->end = LAB_END_ASKED;
            if (lab_request_feed(&session->request, piece, (size_t)size)) {
                lab_request_answer(&session->request, session->stage->scenario, &session->answer);
                return enter(session, session->answer.failed ? PHASE_OVER : PHASE_ANSWER);
            }
        } else if (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED) {
            return false;
        } else if (size != GNUTLS_E_WARNING_ALERT_RECEIVED || take_warning(session)) {
            if (size == GNUTLS_E_FATAL_ALERT_RECEIVED && session->end != LAB_END_ASKED)
                take_alert(session, (int)gnutls_alert_get(session->tls));
            return enter(session, PHASE_OVER);
        }
    }
}

static bool answer(struct lab_session *session) {
    while (session->answered < session->answer.size) {
        ssize_t size = gnutls_record_send(session->tls, session->answer.data + session->answered,
                                          session->answer.size - session->answered);
        if (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED)
            return false;
        if (size <= 0)
            return enter(session, PHASE_OVER);
        session->answered += (size_t)size;
    }
    return enter(session, PHASE_BYE);
}

static bool say_goodbye(struct lab_session *session) {
    int code = gnutls_bye(session->tls, GNUTLS_SHUT_WR);
    if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
        return false;
    return linger(session);
}

/* ---- its life ---- */

static void session_free(struct lab_session *session) {
    loop_source_destroy(session->source);
    if (session->tls)
        gnutls_deinit(session->tls);
    socket_close(session->wiretap.socket);
    lab_wiretap_forget(&session->wiretap);
    lab_request_finish(&session->request);
    buffer_finish(&session->answer);
    free(session);
}

static void finish(struct lab_session *session) {
    char name[NAME_SIZE];
    struct lab_observation seen = {
        .at = time_now(),
        .end = session->end,
        .alert = session->alert,
        .finished = session->finished,
        .saw = session->saw,
        .version = session->version,
        .server_name = lab_session_server_name(session, name),
        .print = session->print,
        .agent = session->request.agent,
    };
    memcpy(seen.address, session->address, sizeof seen.address);
    session->stage->ended(session->stage->context, session, &seen);
    session_free(session);
}

static void advance(struct lab_session *session) {
    static bool (*const phases[])(struct lab_session *) = {
        [PHASE_HANDSHAKE] = shake_hands,    [PHASE_HELD] = wait_for_end,
        [PHASE_LISTEN] = listen_to_request, [PHASE_ANSWER] = answer,
        [PHASE_BYE] = say_goodbye,          [PHASE_LINGER] = wait_for_end,
    };
    session->wiretap.budget = LAB_WIRETAP_BUDGET;
    while (session->phase != PHASE_OVER && phases[session->phase](session))
        ;
    if (session->phase == PHASE_OVER) {
        finish(session);
        return;
    }
    bool waits_for_client = session->phase == PHASE_HELD || session->phase == PHASE_LINGER ||
                            gnutls_record_get_direction(session->tls) == 0;
    enum loop_want want = waits_for_client ? LOOP_READABLE : LOOP_WRITABLE;
    if (want != session->want)
        loop_source_want(session->source, want);
    session->want = want;
}

static void on_socket(void *context) {
    advance(context);
}

bool lab_session_create(struct lab_stage *stage, int socket, const char *address,
                        struct lab_session **out, struct error *err) {
    struct lab_session *session = calloc(1, sizeof *session);
    if (!session) {
        socket_close(socket);
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *session = (struct lab_session){.stage = stage,
                                    .wiretap = {.socket = socket, .keeps = true},
                                    .want = LOOP_READABLE,
                                    .deadline_ms = time_monotonic_ms() + stage->patience_ms,
                                    .end = LAB_END_SILENT,
                                    .alert = -1,
                                    .version = ""};
    snprintf(session->address, sizeof session->address, "%s", address);
    if (!lab_session_open_tls(session)) {
        error_set(err, ERROR_MEMORY, "no TLS session");
        session_free(session);
        return false;
    }
    if (!loop_source_create(stage->loop, socket, on_socket, session, &session->source, err)) {
        session_free(session);
        return false;
    }
    *out = session;
    return true;
}

int64_t lab_session_deadline(const struct lab_session *session) {
    return session->deadline_ms;
}

void lab_session_expire(struct lab_session *session) {
    if (session->end == LAB_END_LEFT && session->phase != PHASE_LINGER)
        session->end = LAB_END_LATE;
    finish(session);
}

void lab_session_go_on(struct lab_session *session) {
    if (session->phase != PHASE_HELD || session->stage->scenario->behaviour == LAB_STALLS)
        return;
    gnutls_deinit(session->tls);
    session->tls = NULL;
    session->is_held = false;
    lab_wiretap_rewind(&session->wiretap);
    hurry(session, session->stage->patience_ms);
    session->phase = lab_session_open_tls(session) ? PHASE_HANDSHAKE : PHASE_OVER;
    advance(session);
}
