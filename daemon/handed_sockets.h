/* Listening sockets that the service manager handed over, by name. Loop's thread. */
#pragma once

#include "base/error.h"

struct handed_sockets;

/* Takes all there are from the service manager. */
bool handed_sockets_create(struct handed_sockets **out, struct error *err);
void handed_sockets_destroy(struct handed_sockets *sockets);

/* The name in an address as configured ("systemd:NAME"), NULL for another address. */
const char *handed_socket_name(const char *address);

/* A descriptor (the caller's) of a socket of that name which nobody uses yet, and its number, to
 * give it back by. */
bool handed_sockets_use(struct handed_sockets *sockets, const char *name, int *descriptor,
                        int *number, struct error *err);
void handed_sockets_give_back(struct handed_sockets *sockets, int number);
