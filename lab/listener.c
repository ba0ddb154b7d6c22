#include "lab/listener.h"

#include "base/log.h"
#include "base/time_text.h"
#include "lab/session.h"
#include "platform/loop.h"

#include <stdlib.h>

enum { CONNECTION_LIMIT = 512, RETRY_MS = 200 /* after accepting failed for want of anything */ };

struct lab_listener {
    struct lab_listener_settings settings;
    struct lab_stage stage;
    int socket;
    struct loop_source *waiting; /* for connections; NULL while there is no room for more */
    struct loop_timer *timer;    /* the next deadline, or the next try to accept */
    int64_t wakes_at_ms;
    bool is_retrying, is_ending;
    bool has_warned; /* that it takes no connections for now */
    size_t activity;
    struct lab_session *sessions[CONNECTION_LIMIT];
    size_t count;
    struct lab_credentials *credentials; /* one for each chain that was given so far */
};

const char *lab_end_word(enum lab_end end) {
    static const char *const words[] = {
        [LAB_END_SILENT] = "silent",     [LAB_END_NOTHING_COMMON] = "nothing-common",
        [LAB_END_ALERT] = "alert",       [LAB_END_LEFT] = "left",
        [LAB_END_FINISHED] = "finished", [LAB_END_ASKED] = "asked",
        [LAB_END_LATE] = "late",         [LAB_END_BROKEN] = "broken",
    };
    return words[end];
}

static const char *name_of(const struct lab_listener *listener) {
    return listener->stage.scenario->name;
}

/* ---- time ---- */

static void wake_at(struct lab_listener *listener, int64_t at_ms) {
    if (at_ms >= listener->wakes_at_ms)
        return;
    listener->wakes_at_ms = at_ms;
    loop_timer_set(listener->timer, at_ms - time_monotonic_ms());
}

static void on_hurried(void *context, const struct lab_session *session) {
    wake_at(context, lab_session_deadline(session));
}

/* ---- connections ---- */

static void on_connection(void *context);

/* A listening socket left readable but unattended would make the loop spin, so it is not watched
 * while there is no room. */
static void watch(struct lab_listener *listener) {
    bool wanted =
        listener->count < CONNECTION_LIMIT && !listener->is_retrying && !listener->is_ending;
    if (!wanted) {
        loop_source_destroy(listener->waiting);
        listener->waiting = NULL;
    } else if (!listener->waiting &&
               !loop_source_create(listener->settings.loop, listener->socket, on_connection,
                                   listener, &listener->waiting, NULL)) {
        listener->is_retrying = true;
        wake_at(listener, time_monotonic_ms() + RETRY_MS);
    }
}

static void on_ended(void *context, const struct lab_session *session,
                     struct lab_observation *seen) {
    struct lab_listener *listener = context;
    for (size_t i = 0; i < listener->count; i++)
        if (listener->sessions[i] == session)
            listener->sessions[i] = listener->sessions[--listener->count];
    listener->activity++;
    if (listener->settings.room)
        ++*listener->settings.room;
    watch(listener);
    seen->scenario = listener->settings.scenario;
    listener->settings.observe(listener->settings.context, seen);
}

/* Backwards, as one that ends gives its place to the last. */
static void on_time(void *context) {
    struct lab_listener *listener = context;
    int64_t now = time_monotonic_ms();
    listener->wakes_at_ms = INT64_MAX;
    listener->is_retrying = false;
    for (size_t i = listener->count; i-- > 0;) {
        if (lab_session_deadline(listener->sessions[i]) <= now)
            lab_session_expire(listener->sessions[i]);
        else
            wake_at(listener, lab_session_deadline(listener->sessions[i]));
    }
    watch(listener);
}

/* False if none waits, or none can be taken now. */
static bool take_connection(struct lab_listener *listener) {
    struct socket_address address;
    char host[SOCKET_TEXT_SIZE];
    struct error err = {0};
    struct lab_session *session;
    int socket;
    if (listener->settings.room && *listener->settings.room == 0) {
        error_set(&err, ERROR_BUSY, "there are as many as may be");
        goto no_room;
    }
    if (!socket_accept(listener->socket, &socket, &err)) {
        if (err.kind == ERROR_BUSY)
            return false;
        goto no_room;
    }
    if (!socket_peer_address(socket, &address, NULL)) { /* gone already */
        socket_close(socket);
        return true;
    }
    socket_address_host((const struct sockaddr *)&address.storage, host);
    if (!lab_session_create(&listener->stage, socket, host, &session, &err))
        goto no_room;
    listener->sessions[listener->count++] = session;
    listener->activity++;
    listener->has_warned = false;
    if (listener->settings.room)
        --*listener->settings.room;
    wake_at(listener, lab_session_deadline(session));
    return true;
no_room:
    if (!listener->has_warned)
        log_warning("lab", "scenario %s takes no connections for now: %s", name_of(listener),
                    err.text);
    listener->has_warned = true;
    listener->is_retrying = true;
    wake_at(listener, time_monotonic_ms() + RETRY_MS);
    return false;
}

static void on_connection(void *context) {
    enum { MOST_AT_ONCE = 16 };
    struct lab_listener *listener = context;
    for (int i = 0; i < MOST_AT_ONCE && listener->count < CONNECTION_LIMIT; i++)
        if (!take_connection(listener))
            break;
    watch(listener);
}

void lab_listener_ready(struct lab_listener *listener) {
    for (size_t i = listener->count; i-- > 0;)
        lab_session_go_on(listener->sessions[i]);
}

/* ---- chains ---- */

static bool on_chain_wanted(void *context, size_t number, const struct lab_credentials **out) {
    struct lab_listener *listener = context;
    const struct lab_listener_settings *settings = &listener->settings;
    struct error err = {0};
    const struct lab_chain *chain = settings->chain(settings->context, settings->scenario, number);
    *out = NULL;
    if (!chain)
        return true;
    for (struct lab_credentials *known = listener->credentials; known; known = known->next)
        if (known->chain == chain) {
            *out = known;
            return true;
        }
    struct lab_credentials *made;
    if (!lab_credentials_create(chain, &made, &err)) {
        log_error("lab", "scenario %s answers nobody: %s", name_of(listener), err.text);
        return false;
    }
    made->next = listener->credentials;
    listener->credentials = made;
    *out = made;
    return true;
}

void lab_listener_forget(struct lab_listener *listener, const struct lab_chain *chain) {
    for (struct lab_credentials **at = &listener->credentials; *at; at = &(*at)->next)
        if ((*at)->chain == chain) {
            struct lab_credentials *gone = *at;
            *at = gone->next;
            lab_credentials_destroy(gone);
            return;
        }
}

/* ---- beginning and end ---- */

/* The other versions apart, whatever the library can: odd keys are served to whoever can take them.
 */
static const char *priority_for(enum lab_behaviour behaviour) {
    switch (behaviour) {
    case LAB_TLS10_ALONE:
        return "LEGACY:-VERS-ALL:+VERS-TLS1.0:%COMPAT";
    case LAB_TLS12_ALONE:
    case LAB_UNKNOWN_NAME_WARNING: /* TLS 1.3 has no warnings (RFC 8446, 6) */
        return "LEGACY:-VERS-ALL:+VERS-TLS1.2:%COMPAT";
    case LAB_TLS13_ALONE:
        return "LEGACY:-VERS-ALL:+VERS-TLS1.3:%COMPAT";
    default:
        return "LEGACY:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%COMPAT";
    }
}

static bool prepare(struct lab_listener *listener, struct error *err) {
    struct lab_stage *stage = &listener->stage;
    int code =
        gnutls_priority_init(&stage->priority, priority_for(stage->scenario->behaviour), NULL);
    if (code == GNUTLS_E_SUCCESS)
        code = gnutls_certificate_allocate_credentials(&stage->credentials);
    if (code != GNUTLS_E_SUCCESS) {
        error_set(err, ERROR_SYSTEM, "the TLS library does not start: %s", gnutls_strerror(code));
        return false;
    }
    lab_session_prepare(stage->credentials);
    return true;
}

static bool start(struct lab_listener *listener, struct error *err) {
    const struct lab_listener_settings *settings = &listener->settings;
    if (!socket_listen(settings->address, settings->port, &listener->socket, err))
        return false;
    socket_send_at_once(listener->socket);
    return loop_timer_create(settings->loop, on_time, listener, &listener->timer, err) &&
           loop_source_create(settings->loop, listener->socket, on_connection, listener,
                              &listener->waiting, err);
}

bool lab_listener_create(const struct lab_listener_settings *settings, struct lab_listener **out,
                         struct error *err) {
    struct lab_listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    listener->settings = *settings;
    listener->socket = -1;
    listener->wakes_at_ms = INT64_MAX;
    listener->stage = (struct lab_stage){.loop = settings->loop,
                                         .scenario = lab_scenario_at(settings->scenario),
                                         .patience_ms = settings->patience_ms,
                                         .chain = on_chain_wanted,
                                         .ended = on_ended,
                                         .hurried = on_hurried,
                                         .context = listener};
    if (!prepare(listener, err) || !start(listener, err)) {
        error_prefix(err, "scenario %s", name_of(listener));
        lab_listener_destroy(listener);
        return false;
    }
    *out = listener;
    return true;
}

void lab_listener_destroy(struct lab_listener *listener) {
    if (!listener)
        return;
    listener->is_ending = true;
    while (listener->count > 0)
        lab_session_expire(listener->sessions[listener->count - 1]);
    loop_source_destroy(listener->waiting);
    loop_timer_destroy(listener->timer);
    socket_close(listener->socket);
    while (listener->credentials) {
        struct lab_credentials *next = listener->credentials->next;
        lab_credentials_destroy(listener->credentials);
        listener->credentials = next;
    }
    if (listener->stage.credentials)
        gnutls_certificate_free_credentials(listener->stage.credentials);
    if (listener->stage.priority)
        gnutls_priority_deinit(listener->stage.priority);
    free(listener);
}

size_t lab_listener_activity(const struct lab_listener *listener) {
    return listener->activity;
}

uint16_t lab_listener_port(const struct lab_listener *listener) {
    struct socket_address address;
    if (!socket_bound_address(listener->socket, &address, NULL))
        return 0;
    return socket_address_port((const struct sockaddr *)&address.storage);
}
