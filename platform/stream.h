/* Bytes through a connected, non-blocking socket, with errors as errno values. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct stream_piece {
    const void *data;
    size_t size;
};

/* Bytes received, 0 at the end of the stream, or -1 with errno (EAGAIN: nothing there now). */
long stream_receive(int socket, void *data, size_t size);

/* Bytes sent of all pieces together, or -1 with errno. Never raises a signal. */
long stream_send(int socket, const struct stream_piece *pieces, size_t count);

/* What has been received is acknowledged now rather than with the next bytes we send. */
void stream_acknowledge(int socket);

/* Both directions are over; what the peer or we wait for ends now. The socket stays open. */
void stream_shutdown(int socket);
/* No more is read: a peer that is idle sees us close once what is under way is sent. */
void stream_shutdown_reading(int socket);
/* No more is sent: the peer sees the end of the stream, and we still read what it says to that. */
void stream_shutdown_writing(int socket);
