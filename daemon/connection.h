/* One client's connection: what the gate, the choice of certificate and the pages know of it.
 *
 * Made when libmicrohttpd reports the connection, ended after its TLS session is gone. Belongs to
 * the worker thread that serves the connection, but for what the gate says under its lock. */
#pragma once

#include "certs/cert_set.h"
#include "daemon/handshake_gate.h"
#include "platform/socket.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>

struct listener;

/* The request under way; plain data, cleared at its end. */
struct request {
    size_t target_size;  /* bytes of the request target as sent; 0: no request line yet */
    const char *target;  /* where it stands in the library's buffer; decoded in place later */
    bool target_sound;   /* as sent, before decoding */
    bool seen;           /* the handler was called once */
    bool content;        /* the client announced content */
    bool is_head;        /* HEAD: no body in the answer */
    unsigned status;     /* answered with; 0: not yet */
    uint64_t body_bytes; /* of the answer, for the access log */
    bool authority_bad;  /* the target is in absolute form and its authority is none */
    char *target_copy;   /* as sent; kept only for a redirection or an access log; owned */
    char *log_line;      /* "GET /path HTTP/1.1", kept only for an access log; owned */
    char *log_referrer;  /* likewise */
    char *log_agent;     /* likewise */
};

struct connection {
    struct listener *listener; /* outlives its connections */
    struct MHD_Connection *mhd;
    int socket;
    struct sockaddr_storage client;

    /* TLS; NULL on a plain listener, and once GnuTLS has freed the session. */
    gnutls_session_t session;
    struct gate_pass gate;
    bool verdict_told; /* how the handshake ended was told */

    struct cert_set *certs;    /* pinned from the beginning to the end of the handshake */
    struct cert *cert;         /* the one this connection was given; NULL before */
    enum cert_choice choice;   /* by which rule */
    unsigned client_key_types; /* enum cert_key_type or-ed, from the ClientHello */

    struct request request;

    /* When the first byte of the request whose head is not yet complete came, monotonic; 0: there
     * is none. Written by the worker, read by the loop. */
    atomic_llong head_since_ms;

    struct connection *previous, *next; /* in the listener's list, under its lock */
    bool busy;                          /* a request is under way; under the listener's lock */
};

/* The local address the client reached, canonical text. */
void connection_local_address(const struct connection *connection,
                              char host[static SOCKET_TEXT_SIZE], uint16_t *port);
