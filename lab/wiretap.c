#include "lab/wiretap.h"

#include "platform/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h> /* ssize_t, in GnuTLS's own signatures */

static bool is_for_now(int errno_value) {
    return errno_value == EAGAIN || errno_value == EWOULDBLOCK || errno_value == EINTR;
}

static size_t give_again(struct lab_wiretap *wiretap, void *data, size_t size) {
    size_t left = wiretap->kept.size - wiretap->given_again;
    if (size > left)
        size = left;
    memcpy(data, wiretap->kept.data + wiretap->given_again, size);
    wiretap->given_again += size;
    return size;
}

/* A ClientHello is shorter than that, by far. */
static bool keep(struct lab_wiretap *wiretap, const void *data, size_t size) {
    enum { KEPT_LIMIT = 128 * 1024 };
    if (wiretap->kept.size + size <= KEPT_LIMIT)
        buffer_append(&wiretap->kept, data, size);
    else
        wiretap->kept.failed = true;
    if (wiretap->kept.failed)
        errno = EMSGSIZE;
    return !wiretap->kept.failed;
}

static long receive(struct lab_wiretap *wiretap, void *data, size_t size) {
    if (wiretap->budget == 0) {
        errno = EAGAIN;
        return -1;
    }
    long received = stream_receive(wiretap->socket, data, size);
    if (received > 0) {
        wiretap->budget -= (size_t)received < wiretap->budget ? (size_t)received : wiretap->budget;
        if (wiretap->keeps && !keep(wiretap, data, (size_t)received))
            return -1;
        if (!wiretap->is_private)
            alert_watch_feed(&wiretap->alerts, data, (size_t)received);
    } else if (received == 0 || !is_for_now(errno)) {
        wiretap->is_gone = true;
    }
    return received;
}

void lab_wiretap_drain(struct lab_wiretap *wiretap) {
    unsigned char data[4096];
    while (receive(wiretap, data, sizeof data) > 0)
        ;
}

void lab_wiretap_rewind(struct lab_wiretap *wiretap) {
    wiretap->given_again = 0;
}

void lab_wiretap_forget(struct lab_wiretap *wiretap) {
    wiretap->keeps = false;
    wiretap->given_again = 0;
    buffer_finish(&wiretap->kept);
}

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t size) {
    struct lab_wiretap *wiretap = context;
    if (!wiretap->keeps && wiretap->given_again < wiretap->kept.size)
        return (ssize_t)give_again(wiretap, data, size);
    return receive(wiretap, data, size);
}

/* The last record of what is sent loses its last bytes: none is as short as that. */
static size_t cut(struct stream_piece *pieces, size_t count) {
    size_t left = 5;
    while (count > 0 && left >= pieces[count - 1].size)
        left -= pieces[--count].size;
    if (count > 0)
        pieces[count - 1].size -= left;
    return count;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *vector, int count) {
    enum { MOST_PIECES = 16 };
    struct lab_wiretap *wiretap = context;
    struct stream_piece pieces[MOST_PIECES];
    size_t used = 0;
    for (; used < (size_t)count && used < MOST_PIECES; used++)
        pieces[used] = (struct stream_piece){vector[used].iov_base, vector[used].iov_len};
    if (wiretap->cuts && !wiretap->has_cut) {
        wiretap->has_cut = true;
        stream_send(wiretap->socket, pieces, cut(pieces, used));
    }
    if (wiretap->has_cut) {
        errno = EPIPE;
        return -1;
    }
    long sent = stream_send(wiretap->socket, pieces, used);
    if (sent < 0 && !is_for_now(errno))
        wiretap->is_gone = true;
    return sent;
}

void lab_wiretap_attach(struct lab_wiretap *wiretap, gnutls_session_t session) {
    gnutls_transport_set_ptr(session, wiretap);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_vec_push_function(session, push);
}
