/* Inside lab/: a session's state, and its side towards GnuTLS. */
#pragma once

#include "lab/request.h"
#include "lab/session.h"
#include "lab/wiretap.h"
#include "platform/loop.h"

enum phase {
    PHASE_HANDSHAKE,
    PHASE_HELD,   /* the ClientHello stays unanswered, as yet or for good */
    PHASE_LISTEN, /* to the request */
    PHASE_ANSWER,
    PHASE_BYE,
    PHASE_LINGER, /* until the client closes, too */
    PHASE_OVER,
};

struct lab_session {
    struct lab_stage *stage;
    struct loop_source *source;
    enum loop_want want;
    struct lab_wiretap wiretap;
    gnutls_session_t tls;
    enum phase phase;
    int64_t deadline_ms;
    const struct lab_credentials *credentials; /* borrowed; NULL: not asked for yet */
    size_t number;                             /* among those that said a ClientHello */
    bool has_warned;
    bool has_failed; /* we could not serve it */
    bool is_held;
    struct lab_request request;
    struct buffer answer;
    size_t answered;
    enum lab_end end; /* how it would have ended, were this its end */
    int alert;
    bool offered, finished, saw;
    const char *version;
    char print[HELLO_PRINT_SIZE];
    char address[SOCKET_TEXT_SIZE];
};

/* A TLS session on the wiretap. False: out of memory. */
bool lab_session_open_tls(struct lab_session *session);
/* As the client sent it, if a person can read it; else "". */
const char *lab_session_server_name(const struct lab_session *session, char out[static NAME_SIZE]);
