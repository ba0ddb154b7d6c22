/* One scenario's port: takes connections, behaves as the scenario says, and tells what each client
 * did. A TLS server of its own, since libmicrohttpd does not give the alerts. Loop's thread. */
#pragma once

#include "base/error.h"
#include "certs/names.h"
#include "lab/chain.h"
#include "platform/socket.h"
#include "tls/hello_print.h"

struct loop;
struct lab_listener;

/* How a connection ended, as seen from here. */
enum lab_end {
    LAB_END_SILENT,         /* no ClientHello came: a port scan, a connection opened in advance */
    LAB_END_NOTHING_COMMON, /* no version, suite or kind of key in common: we said so */
    LAB_END_ALERT,          /* the client sent a fatal alert, before or after it finished */
    LAB_END_LEFT,           /* the client closed before it finished, without a word; or we did, as
                             * the scenario has it */
    LAB_END_FINISHED,       /* it finished the handshake, and left without a request */
    LAB_END_ASKED,          /* it sent something: what it holds the server for is the server */
    LAB_END_LATE,   /* our own patience ended before it did anything, or we could not serve */
    LAB_END_BROKEN, /* what it sent is no TLS, or breaks its rules */
};
const char *lab_end_word(enum lab_end end); /* "asked" */

/* What one connection came to. Borrowed during the call. */
struct lab_observation {
    size_t scenario;
    int64_t at; /* seconds since 1970 */
    enum lab_end end;
    int alert;               /* description (tls/alert.h) of the client's alert; -1: none */
    bool finished;           /* the handshake */
    bool saw;                /* our certificate was on its way to the client */
    const char *version;     /* "TLS 1.3", "" before it is settled */
    const char *server_name; /* sent, or "" */
    const char *print;       /* tls/hello_print.h, "" without a ClientHello */
    const char *agent;       /* User-Agent (RFC 9110, 10.1.5) in its request; "" if none */
    char address[SOCKET_TEXT_SIZE];
};

struct lab_listener_settings {
    struct loop *loop;
    size_t scenario; /* its index */
    const char *address;
    uint16_t port; /* 0: any free one */
    /* The chain for the connection that comes as number `number` (from 0; those that say no
     * ClientHello do not count). NULL: not there yet, and lab_listener_ready will be called. It
     * lives until lab_listener_forget. */
    const struct lab_chain *(*chain)(void *context, size_t scenario, size_t number);
    void (*observe)(void *context, const struct lab_observation *observation);
    void *context;
    int64_t patience_ms; /* for a silent client; a stalled handshake lasts that long, too */
    size_t *room; /* for so many more connections, counted with others'; NULL: without limit */
};

/* Copies the settings; texts are borrowed for the listener's life. */
bool lab_listener_create(const struct lab_listener_settings *settings, struct lab_listener **out,
                         struct error *err);
/* Ends its connections; each is still told. NULL is legal. */
void lab_listener_destroy(struct lab_listener *listener);

uint16_t lab_listener_port(const struct lab_listener *listener);
/* Grows with each connection that comes or goes. */
size_t lab_listener_activity(const struct lab_listener *listener);
/* This chain is about to go. Only when none is left of the connections that got it. NULL is legal.
 */
void lab_listener_forget(struct lab_listener *listener, const struct lab_chain *chain);
/* Its chain is there: those who wait for it go on. */
void lab_listener_ready(struct lab_listener *listener);
