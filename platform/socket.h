/* Addresses and listening sockets. */
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <sys/socket.h> /* struct sockaddr_storage, socklen_t; winsock2.h behind windows/ */

enum { SOCKET_TEXT_SIZE = 80 };

struct socket_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

/* An IPv4 or IPv6 literal (RFC 4291, also with a zone, RFC 4007), no name, no brackets. */
bool socket_address_parse(const char *text, uint16_t port, struct socket_address *out);
/* "192.0.2.1", "2001:db8::1", without port; an IPv4 address mapped into IPv6 is given as IPv4. */
const char *socket_address_host(const struct sockaddr *address, char out[static SOCKET_TEXT_SIZE]);
uint16_t socket_address_port(const struct sockaddr *address);
/* "192.0.2.1:8462", "[2001:db8::1]:8462". */
const char *socket_address_text(const struct sockaddr *address, char out[static SOCKET_TEXT_SIZE]);

/* Copies an address of a size that its family tells; of another family the family alone. */
void socket_address_copy(const struct sockaddr *from, struct sockaddr_storage *out);

/* A non-blocking, close-on-exec listening TCP socket. `host` is a literal or "*": every address,
 * IPv6 and IPv4 on one socket where the host has IPv6, else IPv4 alone. Port 0: any free one.
 * Errors name the address, and for one in use or privileged what to do. */
bool socket_listen(const char *host, uint16_t port, int *out, struct error *err);
bool socket_bound_address(int descriptor, struct socket_address *out, struct error *err);
/* Who is at the other end. */
bool socket_peer_address(int descriptor, struct socket_address *out, struct error *err);
/* Another descriptor (close-on-exec) of the same socket. */
bool socket_share(int descriptor, int *out, struct error *err);
/* Small pieces are sent at once (TCP_NODELAY); on a listening socket, by those it accepts. */
void socket_send_at_once(int descriptor);
/* Stops listening, for every descriptor of the socket: connections are refused from now on, and the
 * address is free. */
void socket_stop_listening(int descriptor);
void socket_close(int descriptor); /* -1 is legal */

/* A local stream socket (AF_UNIX) that only the owner and root can open (0600). Listening replaces
 * a stale one; ERROR_BUSY if somebody answers on it. Paths longer than sun_path are handled. */
bool socket_local_listen(const char *path, int *out, struct error *err);
/* The same for one that the owner's group may open, too (0660). */
bool socket_local_listen_for_group(const char *path, int *out, struct error *err);
/* Blocking. ERROR_MISSING: nobody listens there; ERROR_BUSY: nobody is let in for 5 s. */
/* Blocking, with a timeout of some seconds (socket_set_timeout). ERROR_MISSING if nobody listens,
 * ERROR_BUSY if somebody does who lets nobody in. */
bool socket_local_connect(const char *path, int *out, struct error *err);
/* Blocking connect to a TCP address within `timeout_ms`; reads and writes then time out likewise.
 * ERROR_UNREACHABLE if nobody answers. */
bool socket_connect(const struct socket_address *address, int timeout_ms, int *out,
                    struct error *err);

/* Takes one waiting connection off a listening socket: non-blocking, close-on-exec. ERROR_BUSY if
 * none waits (any more); other errors, such as no free descriptor, may leave it waiting. */
bool socket_accept(int listener, int *out, struct error *err);
/* Reads and writes of a blocking socket that make no progress for so long fail with EAGAIN. */
bool socket_set_timeout(int descriptor, int timeout_ms, struct error *err);
