/* platform/stream.h: bytes through a connection. */
#include "platform/stream.h"

#include "socket_ends.h"

#include <errno.h>

static void pieces_arrive_in_order(void **state) {
    enum { PIECES = 20, TAKEN = 16 };
    struct stream_piece pieces[PIECES];
    char received[64] = "";
    int ends[2];
    (void)state;
    pair(ends);
    for (int i = 0; i < PIECES; i++)
        pieces[i] = (struct stream_piece){&"abcdefghijklmnopqrst"[i], 1};
    assert_int_equal(stream_send(ends[0], pieces, PIECES), TAKEN); /* and the rest another time */
    assert_int_equal(stream_receive(ends[1], received, sizeof received - 1), TAKEN);
    assert_string_equal(received, "abcdefghijklmnop");
    assert_int_equal(stream_receive(ends[1], received, sizeof received), -1);
    assert_int_equal(errno, EAGAIN);
    stream_shutdown(ends[0]);
    assert_int_equal(stream_receive(ends[1], received, sizeof received), 0);
    assert_int_equal(stream_send(ends[1], pieces, 1), -1);
    assert_int_equal(errno, EPIPE); /* and no signal */
    close_pair(ends);
}

static void who_stops_reading_can_still_write(void **state) {
    char received[8] = "";
    int ends[2];
    const struct stream_piece piece = {"bye", 3};
    (void)state;
    pair(ends);
    stream_shutdown_reading(ends[0]);
    assert_int_equal(stream_receive(ends[0], received, sizeof received), 0);
    assert_int_equal(stream_send(ends[0], &piece, 1), 3);
    assert_int_equal(stream_receive(ends[1], received, sizeof received), 3);
    assert_string_equal(received, "bye");
    close_pair(ends);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_arrive_in_order),
        cmocka_unit_test(who_stops_reading_can_still_write),
    };
    return cmocka_run_group_tests_name("platform/stream", tests, NULL, NULL);
}
