/* Which certificate a handshake gets: by pin, by name, by address, by what the client can use. */
#pragma once

#include <gnutls/abstract.h>

struct connection;

/* What libmicrohttpd's MHD_OPTION_HTTPS_CERT_CALLBACK2 takes
 * (gnutls_certificate_retrieve_function3). The session's transport pointer is the connection: that
 * is how handshake_gate_enter left it. What it lends lives until the handshake is over. */
int tls_select_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                           gnutls_pcert_st **chain, unsigned *chain_count,
                           gnutls_ocsp_data_st **staples, unsigned *staple_count,
                           gnutls_privkey_t *key, unsigned *flags);

/* For a resumed session, whose handshake shows no certificate: the one it would be shown now.
 * Sets the connection's `cert`. */
void tls_select_for_resumed(struct connection *connection);
