/* platform/readiness.h: a token for each arming, from whatever thread, and none after. */
#include "platform/readiness.h"

#include "socket_ends.h"

#include <pthread.h>

static int readiness_setup(void **state) {
    struct readiness *readiness = NULL;
    if (!readiness_create(&readiness, NULL))
        return -1;
    *state = readiness;
    return 0;
}

static int readiness_teardown(void **state) {
    readiness_destroy(*state);
    return 0;
}

#define readiness_test(test) \
    cmocka_unit_test_setup_teardown(test, readiness_setup, readiness_teardown)

static void a_token_comes_once_for_each_arming(void **state) {
    int ends[2], token;
    void *tokens[4];
    pair(ends);
    assert_true(readiness_arm(*state, ends[0], &token, NULL));
    assert_int_equal(readiness_wait(*state, 0, tokens, 4), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(readiness_wait(*state, PATIENCE_MS, tokens, 4), 1);
    assert_ptr_equal(tokens[0], &token);
    assert_int_equal(readiness_wait(*state, 0, tokens, 4), 0); /* still readable, not armed */
    assert_true(readiness_arm(*state, ends[0], &token, NULL));
    assert_int_equal(readiness_wait(*state, PATIENCE_MS, tokens, 4), 1);
    close_pair(ends);
}

static void a_hang_up_is_readiness(void **state) {
    int ends[2], token;
    void *tokens[4];
    pair(ends);
    assert_true(readiness_arm(*state, ends[0], &token, NULL));
    close(ends[1]);
    ends[1] = -1;
    assert_int_equal(readiness_wait(*state, PATIENCE_MS, tokens, 4), 1);
    close_pair(ends);
}

static void a_socket_disarmed_or_closed_is_silent(void **state) {
    int first[2], second[2], token;
    void *tokens[4];
    pair(first);
    pair(second);
    assert_true(readiness_arm(*state, first[0], &token, NULL));
    assert_true(readiness_arm(*state, second[0], &token, NULL));
    assert_int_equal(write(first[1], "x", 1), 1);
    readiness_disarm(*state, first[0]);
    readiness_disarm(*state, first[0]); /* no harm */
    close_pair(second);
    assert_int_equal(readiness_wait(*state, 0, tokens, 4), 0);
    close_pair(first);
}

static void no_more_tokens_than_asked_for(void **state) {
    enum { SOCKETS = 100, MOST = 7 };
    int ends[SOCKETS][2], reported[SOCKETS] = {0};
    void *tokens[MOST];
    for (int i = 0; i < SOCKETS; i++) {
        pair(ends[i]);
        assert_int_equal(write(ends[i][1], "x", 1), 1);
        assert_true(readiness_arm(*state, ends[i][0], &reported[i], NULL));
    }
    for (int total = 0; total < SOCKETS;) {
        int count = readiness_wait(*state, PATIENCE_MS, tokens, MOST);
        assert_in_range(count, 1, MOST);
        for (int i = 0; i < count; i++)
            ++*(int *)tokens[i];
        total += count;
    }
    for (int i = 0; i < SOCKETS; i++) {
        assert_int_equal(reported[i], 1);
        close_pair(ends[i]);
    }
}

static void what_cannot_be_watched_is_an_error(void **state) {
    struct error err = {0};
    int token;
    assert_false(readiness_arm(*state, -1, &token, &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
}

static void *wake_up(void *context) {
    readiness_wake(context);
    return NULL;
}

static void a_wake_ends_the_wait_without_a_token(void **state) {
    void *tokens[4];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_up, *state), 0);
    assert_int_equal(readiness_wait(*state, -1, tokens, 4), 0);
    pthread_join(thread, NULL);
    readiness_wake(*state);
    readiness_wake(*state); /* two are one */
    assert_int_equal(readiness_wait(*state, -1, tokens, 4), 0);
    assert_int_equal(readiness_wait(*state, 0, tokens, 4), 0);
}

enum { ARMED = 16, ROUNDS = 500 };

struct arming {
    struct readiness *readiness;
    int ends[ARMED][2];
    int received[ARMED]; /* of the waiting thread alone */
};

/* Each socket gets a byte and is armed again as soon as the other side has answered. */
static void *arm_and_send(void *context) {
    struct arming *arming = context;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < ARMED; i++) {
            char answer;
            if (write(arming->ends[i][1], "x", 1) != 1 ||
                !readiness_arm(arming->readiness, arming->ends[i][0], &arming->received[i], NULL) ||
                read(arming->ends[i][1], &answer, 1) != 1)
                return arming;
        }
    return NULL;
}

/* As the gate does it: one thread arms, another waits. */
static void arming_races_with_waiting(void **state) {
    struct arming arming = {.readiness = *state};
    pthread_t thread;
    void *failed = NULL;
    for (int i = 0; i < ARMED; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, arming.ends[i]), 0);
    assert_int_equal(pthread_create(&thread, NULL, arm_and_send, &arming), 0);
    for (int total = 0; total < ROUNDS * ARMED;) {
        void *tokens[ARMED];
        int count = readiness_wait(*state, PATIENCE_MS, tokens, ARMED);
        assert_true(count > 0);
        for (int i = 0; i < count; i++) {
            int *received = tokens[i];
            int end = arming.ends[received - arming.received][0];
            char byte;
            assert_int_equal(read(end, &byte, 1), 1);
            ++*received;
            assert_int_equal(write(end, "y", 1), 1);
        }
        total += count;
    }
    pthread_join(thread, &failed);
    assert_null(failed);
    for (int i = 0; i < ARMED; i++) {
        assert_int_equal(arming.received[i], ROUNDS);
        close_pair(arming.ends[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        readiness_test(a_token_comes_once_for_each_arming),
        readiness_test(a_hang_up_is_readiness),
        readiness_test(a_socket_disarmed_or_closed_is_silent),
        readiness_test(no_more_tokens_than_asked_for),
        readiness_test(what_cannot_be_watched_is_an_error),
        readiness_test(a_wake_ends_the_wait_without_a_token),
        readiness_test(arming_races_with_waiting),
    };
    return cmocka_run_group_tests_name("platform/readiness", tests, NULL, NULL);
}
