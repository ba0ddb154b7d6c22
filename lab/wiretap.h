/* A session's transport: the socket, with an eye on what GnuTLS does not tell. */
#pragma once

#include "base/blob.h"
#include "tls/alert_watch.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

/* Plain data; zero-initialised but for the socket is the start. */
struct lab_wiretap {
    int socket;
    size_t budget; /* bytes still taken in this turn of the loop; then it is another's */
    struct alert_watch alerts; /* sent in the clear */
    struct buffer kept;        /* all that came, while it keeps: for a session that begins anew */
    size_t given_again;        /* of them */
    bool keeps;
    bool is_private; /* the handshake is over, nothing is in the clear any more */
    bool is_gone;    /* the client has closed, or cannot be reached */
    bool cuts;       /* what is sent next lacks its end, and nothing follows */
    bool has_cut;
};
enum { LAB_WIRETAP_BUDGET = 64 * 1024 };

/* For as long as the session lives. */
void lab_wiretap_attach(struct lab_wiretap *wiretap, gnutls_session_t session);
/* The next session gets what was kept. */
void lab_wiretap_rewind(struct lab_wiretap *wiretap);
/* No session will begin anew: keeps no more, and frees what it has. */
void lab_wiretap_forget(struct lab_wiretap *wiretap);
/* Takes what is there past GnuTLS, to be forgotten. */
void lab_wiretap_drain(struct lab_wiretap *wiretap);
