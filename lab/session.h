/* One connection to a scenario: a TLS server that behaves as the scenario says, sees what the
 * client does, and never waits for it. Loop's thread. */
#pragma once

#include "lab/credentials.h"
#include "lab/listener.h"

struct lab_session;

/* What the connections of a scenario share; it outlives them. */
struct lab_stage {
    struct loop *loop;
    const struct lab_scenario *scenario;
    gnutls_priority_t priority;
    gnutls_certificate_credentials_t credentials; /* lab_session_prepare has been called for them */
    int64_t patience_ms;
    size_t hellos; /* connections that have said a ClientHello so far */
    /* The chain for the connection of that number. Gives NULL if it is not there yet: then
     * lab_session_go_on is called once it is. False if it cannot be served. Borrowed. */
    bool (*chain)(void *context, size_t number, const struct lab_credentials **out);
    /* Called once for each session, which is gone afterwards. `seen` without its scenario. */
    void (*ended)(void *context, const struct lab_session *session, struct lab_observation *seen);
    /* Its deadline has changed. */
    void (*hurried)(void *context, const struct lab_session *session);
    void *context;
};

void lab_session_prepare(gnutls_certificate_credentials_t credentials);

/* Takes the socket in any case. `address`: the client's. */
bool lab_session_create(struct lab_stage *stage, int socket, const char *address,
                        struct lab_session **out, struct error *err);

/* On the monotonic clock: when it is to be expired. */
int64_t lab_session_deadline(const struct lab_session *session);
/* Ends it now, as one whose time is over. */
void lab_session_expire(struct lab_session *session);
/* Its chain may be there now. */
void lab_session_go_on(struct lab_session *session);
