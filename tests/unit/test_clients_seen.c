/* daemon/clients_seen.c: who is remembered, as what, and for how long. */
#include "tests/unit/clients_noted.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* ---- what is remembered of one ---- */

static void the_last_word_about_the_certificate_counts(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    note(seen, "192.0.2.1", HANDSHAKE_FAILED, 0, 100); /* a port scan, maybe */
    assert_int_equal(only(seen).end, HANDSHAKE_FAILED);
    assert_false(only(seen).tells);
    note(seen, "192.0.2.1", HANDSHAKE_REFUSED, UNKNOWN_CA, 101);
    note(seen, "192.0.2.1", HANDSHAKE_FAILED, 0, 102);
    note(seen, "192.0.2.1", HANDSHAKE_LATE, 0, 103);
    struct client_seen client = only(seen);
    assert_int_equal(client.end, HANDSHAKE_REFUSED);
    assert_int_equal(client.alert, UNKNOWN_CA);
    assert_true(client_refuses(&client));
    assert_int_equal(client.first, 100);
    assert_int_equal(client.last, 103);
    assert_int_equal(client.handshakes, 4);
    assert_int_equal(client.refusals, 1);

    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 104);
    client = only(seen);
    assert_int_equal(client.end, HANDSHAKE_FINISHED);
    assert_int_equal(client.alert, 0);
    assert_false(client_refuses(&client));
    assert_int_equal(client.refusals, 1);
    note(seen, "192.0.2.1", HANDSHAKE_LEFT, 0, 105);
    client = only(seen);
    assert_true(client_refuses(&client));
    assert_int_equal(client.refusals, 2);
    clients_seen_destroy(seen);
}

static void an_alert_about_something_else_is_no_refusal(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    note(seen, "192.0.2.1", HANDSHAKE_REFUSED, USER_CANCELED, 100);
    struct client_seen client = only(seen);
    assert_false(client_refuses(&client));
    assert_int_equal(client.refusals, 0);
    clients_seen_destroy(seen);
}

static void a_request_is_remembered_until_the_next_refusal(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 100);
    assert_false(only(seen).asked);
    note_request(seen, "192.0.2.1", 101);
    assert_true(only(seen).asked);
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 102); /* opened in advance */
    assert_true(only(seen).asked);
    note(seen, "192.0.2.1", HANDSHAKE_REFUSED, UNKNOWN_CA, 103);
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 104);
    assert_false(only(seen).asked);
    clients_seen_destroy(seen);
}

static void services_are_told_apart(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    struct client_news other = news("192.0.2.1", HANDSHAKE_LEFT, 0);
    other.service = "client";
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 100);
    clients_seen_note(seen, &other, 101);
    size_t count;
    struct client_seen *clients = all(seen, &count);
    assert_int_equal(count, 2);
    assert_string_equal(clients[0].service, "client");
    assert_int_equal(clients[0].end, HANDSHAKE_LEFT);
    assert_string_equal(clients[1].service, "web-access");
    free(clients);
    clients_seen_destroy(seen);
}

static void a_long_name_of_a_service_is_one_client(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    char service[3 * CLIENT_SERVICE_SIZE];
    memset(service, 'a', sizeof service - 1);
    service[sizeof service - 1] = '\0';
    struct client_news one = news("192.0.2.1", HANDSHAKE_FINISHED, 0);
    one.service = service;
    clients_seen_note(seen, &one, 1);
    clients_seen_note(seen, &one, 2);
    assert_int_equal(only(seen).handshakes, 2);
    assert_int_equal(strlen(only(seen).service), CLIENT_SERVICE_SIZE - 1);
    clients_seen_destroy(seen);
}

/* ---- how many ---- */

static const char *address_of(unsigned i, char out[static 32]) {
    snprintf(out, 32, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
    return out;
}

static void who_was_not_seen_for_longest_makes_way(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    char address[32], expected[32];
    for (unsigned i = 0; i < CLIENTS_SEEN_MOST; i++)
        note(seen, address_of(i, address), HANDSHAKE_FINISHED, 0, 1000 + i);
    note(seen, address_of(0, address), HANDSHAKE_FINISHED, 0, 20000); /* again, so not the oldest */
    note(seen, address_of(CLIENTS_SEEN_MOST, address), HANDSHAKE_LEFT, 0, 20001);

    size_t count;
    struct client_seen *clients = all(seen, &count);
    assert_int_equal(count, CLIENTS_SEEN_MOST);
    assert_string_equal(clients[0].address, address_of(CLIENTS_SEEN_MOST, expected));
    assert_string_equal(clients[1].address, address_of(0, expected));
    assert_int_equal(clients[1].handshakes, 2);
    for (unsigned i = 2; i < CLIENTS_SEEN_MOST; i++) /* newest first; number 1 is gone */
        assert_string_equal(clients[i].address, address_of(CLIENTS_SEEN_MOST + 1 - i, expected));
    free(clients);

    note(seen, address_of(1, address), HANDSHAKE_FINISHED, 0, 20002); /* as somebody new */
    clients = all(seen, &count);
    assert_int_equal(count, CLIENTS_SEEN_MOST);
    assert_string_equal(clients[0].address, address_of(1, expected));
    assert_int_equal(clients[0].handshakes, 1);
    assert_int_equal(clients[0].first, 20002);
    free(clients);
    clients_seen_destroy(seen);
}

/* ---- how long ---- */

static void who_was_not_seen_for_long_is_forgotten(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    const int64_t now = 100 * DAY;
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, now - 30 * DAY - 1);
    note(seen, "192.0.2.2", HANDSHAKE_FINISHED, 0, now - 30 * DAY);
    uint64_t changes = clients_seen_changes(seen);
    clients_seen_forget(seen, now - 30 * DAY, now);
    assert_string_equal(only(seen).address, "192.0.2.2");
    assert_int_not_equal(clients_seen_changes(seen), changes);
    changes = clients_seen_changes(seen);
    clients_seen_forget(seen, now - 30 * DAY, now);
    assert_int_equal(clients_seen_changes(seen), changes);
    clients_seen_forget(seen, now - 30 * DAY + 1, now + 1);
    assert_int_equal(count_of(seen), 0);
    clients_seen_destroy(seen);
}

/* Whoever was seen while the clock ran ahead would stay for as long as it did. */
static void a_clock_that_was_wrong_keeps_nobody(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 9000 * DAY);
    note(seen, "192.0.2.2", HANDSHAKE_FINISHED, 0, 100 * DAY);
    clients_seen_forget(seen, 70 * DAY, 100 * DAY);
    assert_int_equal(count_of(seen), 2);
    clients_seen_forget(seen, 100 * DAY + 1, 130 * DAY + 1);
    assert_int_equal(count_of(seen), 0);
    clients_seen_destroy(seen);
}

/* What was seen last is never before what was seen first: nobody would take the file for sound. */
static void a_clock_that_is_set_back_leaves_times_in_order(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 1000);
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 400);
    assert_int_equal(only(seen).first, 400);
    assert_int_equal(only(seen).last, 400);
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 1001);
    assert_int_equal(only(seen).first, 400);
    assert_int_equal(only(seen).last, 1001);
    clients_seen_destroy(seen);
}

static void who_must_not_be_remembered_is_not(void **state) {
    (void)state;
    struct clients_seen *seen = NULL;
    assert_true(clients_seen_create(&seen, NULL));
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 1);
    assert_int_equal(count_of(seen), 0);
    clients_seen_remember(seen, true);
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 1);
    assert_int_equal(count_of(seen), 1);
    clients_seen_remember(seen, false);
    note(seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, 1);
    assert_int_equal(count_of(seen), 0);
    clients_seen_destroy(seen);
}

/* The file may be read when the first have come already. */
static void what_was_known_before_is_joined(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    const struct client_seen before = {.address = "192.0.2.1",
                                       .service = "web-access",
                                       .end = HANDSHAKE_LEFT,
                                       .tells = true,
                                       .first = 5,
                                       .last = 7,
                                       .handshakes = 3,
                                       .refusals = 2};
    struct client_seen other = before;
    memcpy(other.address, "192.0.2.9", sizeof "192.0.2.9");
    note(seen, "192.0.2.1", HANDSHAKE_FAILED, 0, 100);
    note(seen, "192.0.2.2", HANDSHAKE_FINISHED, 0, 101);
    clients_seen_add(seen, &before);
    clients_seen_add(seen, &other);
    size_t count;
    struct client_seen *clients = all(seen, &count);
    assert_int_equal(count, 3);
    assert_string_equal(clients[1].address, "192.0.2.1");
    assert_int_equal(clients[1].end, HANDSHAKE_LEFT);
    assert_int_equal(clients[1].first, 5);
    assert_int_equal(clients[1].last, 100);
    assert_int_equal(clients[1].handshakes, 4);
    assert_int_equal(clients[1].refusals, 2);
    assert_string_equal(clients[2].address, "192.0.2.9");
    free(clients);

    note(seen, "192.0.2.9", HANDSHAKE_FINISHED, 0, 102);
    clients_seen_add(seen, &other);
    clients = all(seen, &count);
    assert_int_equal(clients[0].end, HANDSHAKE_FINISHED);
    assert_int_equal(clients[0].handshakes, 7);
    free(clients);
    clients_seen_destroy(seen);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 3000, ADDRESSES = 50 };

static void *note_many(void *context) {
    struct clients_seen *seen = context;
    char address[32];
    for (unsigned i = 0; i < ROUNDS; i++)
        note(seen, address_of(i % ADDRESSES, address), HANDSHAKE_FINISHED, 0, i);
    return NULL;
}

static void threads_lose_nothing(void **state) {
    (void)state;
    struct clients_seen *seen = remembering();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_many, seen), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(count_of(seen) <= ADDRESSES);
        clients_seen_forget(seen, 0, ROUNDS);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    size_t count;
    struct client_seen *clients = all(seen, &count);
    assert_int_equal(count, ADDRESSES);
    uint64_t handshakes = 0;
    for (size_t i = 0; i < count; i++)
        handshakes += clients[i].handshakes;
    assert_int_equal(handshakes, THREADS * ROUNDS);
    free(clients);
    clients_seen_destroy(seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_word_about_the_certificate_counts),
        cmocka_unit_test(an_alert_about_something_else_is_no_refusal),
        cmocka_unit_test(a_request_is_remembered_until_the_next_refusal),
        cmocka_unit_test(services_are_told_apart),
        cmocka_unit_test(a_long_name_of_a_service_is_one_client),
        cmocka_unit_test(who_was_not_seen_for_longest_makes_way),
        cmocka_unit_test(who_was_not_seen_for_long_is_forgotten),
        cmocka_unit_test(a_clock_that_was_wrong_keeps_nobody),
        cmocka_unit_test(a_clock_that_is_set_back_leaves_times_in_order),
        cmocka_unit_test(who_must_not_be_remembered_is_not),
        cmocka_unit_test(what_was_known_before_is_joined),
        cmocka_unit_test(threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
