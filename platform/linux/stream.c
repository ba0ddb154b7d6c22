#include "platform/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

long stream_receive(int socket, void *data, size_t size) {
    return recv(socket, data, size, 0);
}

long stream_send(int socket, const struct stream_piece *pieces, size_t count) {
    enum { MOST_PIECES = 16 };
    struct iovec vector[MOST_PIECES];
    if (count > MOST_PIECES)
        count = MOST_PIECES; /* a partial send: the caller comes back with the rest */
    for (size_t i = 0; i < count; i++)
        vector[i] = (struct iovec){.iov_base = (void *)pieces[i].data, .iov_len = pieces[i].size};
    struct msghdr message = {.msg_iov = vector, .msg_iovlen = count};
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

void stream_acknowledge(int socket) {
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void stream_shutdown(int socket) {
    shutdown(socket, SHUT_RDWR);
}

void stream_shutdown_reading(int socket) {
    shutdown(socket, SHUT_RD);
}

void stream_shutdown_writing(int socket) {
    shutdown(socket, SHUT_WR);
}
