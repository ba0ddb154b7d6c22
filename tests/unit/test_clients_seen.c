/* daemon/clients_seen.c, clients_file.c and clients_keeper.c: who is remembered, as what, for how
 * long, and across restarts. */
#include "tests/unit/scratch.h"

#include "base/blob.h"
#include "daemon/clients_file.h"
#include "daemon/clients_keeper.h"
#include "daemon/clients_seen.h"
#include "platform/file.h"
#include "platform/loop.h"

#include <pthread.h>
#include <time.h>

enum { UNKNOWN_CA = 48, USER_CANCELED = 90, DAY = 24 * 3600 };

static struct clients_seen *remembering(void) {
    struct clients_seen *seen = NULL;
    assert_true(clients_seen_create(&seen, NULL));
    clients_seen_remember(seen, true);
    return seen;
}

static struct client_news news(const char *address, enum handshake_end end, int alert) {
    bool tells = end == HANDSHAKE_FINISHED || end == HANDSHAKE_REFUSED || end == HANDSHAKE_LEFT;
    return (struct client_news){address, "web-access", end, alert, tells, false};
}

static void note(struct clients_seen *seen, const char *address, enum handshake_end end, int alert,
                 int64_t now) {
    const struct client_news one = news(address, end, alert);
    clients_seen_note(seen, &one, now);
}

static void note_request(struct clients_seen *seen, const char *address, int64_t now) {
    struct client_news one = news(address, HANDSHAKE_FINISHED, 0);
    one.asked = true;
    clients_seen_note(seen, &one, now);
}

/* For free(). */
static struct client_seen *all(struct clients_seen *seen, size_t *count) {
    struct client_seen *clients = NULL;
    assert_true(clients_seen_copy(seen, &clients, count, NULL));
    return clients;
}

static struct client_seen only(struct clients_seen *seen) {
    size_t count;
    struct client_seen *clients = all(seen, &count);
    assert_int_equal(count, 1);
    struct client_seen one = clients[0];
    free(clients);
    return one;
}

static size_t count_of(struct clients_seen *seen) {
    size_t count;
    free(all(seen, &count));
    return count;
}

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

/* ---- the file ---- */

static void assert_same(const struct client_seen *a, const struct client_seen *b) {
    assert_string_equal(a->address, b->address);
    assert_string_equal(a->service, b->service);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->alert, b->alert);
    assert_int_equal(a->tells, b->tells);
    assert_int_equal(a->asked, b->asked);
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->last, b->last);
    assert_int_equal(a->handshakes, b->handshakes);
    assert_int_equal(a->refusals, b->refusals);
}

static void what_is_printed_is_read(void **state) {
    (void)state;
    static const struct client_seen clients[] = {
        {"192.0.2.1", "web-access", HANDSHAKE_REFUSED, UNKNOWN_CA, true, false, 1, 2, 7, 3},
        {"2001:db8::1", "Client_1", HANDSHAKE_FINISHED, 0, true, true, 5, 5, 1, 0},
        {"fe80::1", "a", HANDSHAKE_LEFT, 0, true, false, 0, 253402300799, 1000000007, 1000000007},
        {"::1", "b-c", HANDSHAKE_LATE, 0, false, false, 3, 4, 2, 0},
        {"127.0.0.1", "b-c", HANDSHAKE_FAILED, 0, false, false, 3, 4, 2, 0},
    };
    enum { COUNT = sizeof clients / sizeof *clients };
    struct buffer text = {0};
    struct client_seen *read = NULL;
    size_t count = 0;
    struct error err = {0};
    clients_file_print(clients, COUNT, &text);
    if (!clients_file_read(text.data, text.size, &read, &count, &err))
        fail_msg("%s", err.text);
    assert_int_equal(count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_same(&clients[i], &read[i]);
    free(read);
    buffer_clear(&text);
    clients_file_print(NULL, 0, &text);
    assert_true(clients_file_read(text.data, text.size, &read, &count, &err));
    assert_int_equal(count, 0);
    free(read);
    buffer_finish(&text);
}

#define CLIENT(address, service, verdict, rest)                                                 \
    "{\"clients\": [{\"address\": " address ", \"service\": " service ", \"verdict\": " verdict \
    ", " rest "}]}"
#define REST(alert, asked, first, last, handshakes, refusals)                        \
    "\"alert\": " alert ", \"tells\": true, \"asked\": " asked ", \"first\": " first \
    ", \"last\": " last ", \"handshakes\": " handshakes ", \"refusals\": " refusals
#define GOOD REST("0", "false", "1", "2", "1", "0")

static void damage_is_found(void **state) {
    (void)state;
    static const char *const damaged[] = {
        "",
        "{\"clients\": [",
        "[]",
        "{}",
        "{\"clients\": {}}",
        "{\"clients\": [1]}",
        "{\"clients\": [{}]}",
        CLIENT("\"host\"", "\"a\"", "\"left\"", GOOD),
        CLIENT("\"::ffff:192.0.2.1\"", "\"a\"", "\"left\"", GOOD), /* not as it is told apart */
        CLIENT("1", "\"a\"", "\"left\"", GOOD),
        CLIENT("\"::1\"", "\"a b\"", "\"left\"", GOOD),
        CLIENT("\"::1\"", "\"\"", "\"left\"", GOOD),
        CLIENT("\"::1\"", "\"a\"", "\"open\"", GOOD),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("48", "false", "1", "2", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"refused\"", REST("0", "false", "1", "2", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"refused\"", REST("256", "false", "1", "2", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "true", "1", "2", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "-1", "2", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "3", "2", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "1", "253402300800", "1", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "1", "2", "0", "0")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "1", "2", "1", "2")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "1", "2", "1", "-1")),
        CLIENT("\"::1\"", "\"a\"", "\"left\"", REST("0", "false", "1", "2", "1.5", "0")),
    };
    struct client_seen *read = NULL;
    size_t count = 0;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct error err = {0};
        if (clients_file_read(damaged[i], strlen(damaged[i]), &read, &count, &err))
            fail_msg("read: %s", damaged[i]);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    static const char good[] = CLIENT("\"::1\"", "\"a\"", "\"left\"", GOOD);
    assert_true(clients_file_read(good, sizeof good - 1, &read, &count, NULL));
    free(read);
}

/* ---- kept ---- */

struct keeping {
    struct loop *loop;
    struct clients_seen *seen;
    struct clients_keeper *keeper;
};

static struct keeping keep(const struct scratch *scratch) {
    struct keeping keeping = {0};
    assert_true(loop_create(&keeping.loop, NULL));
    assert_true(clients_seen_create(&keeping.seen, NULL));
    assert_true(
        clients_keeper_create(keeping.loop, scratch->root, keeping.seen, &keeping.keeper, NULL));
    return keeping;
}

static void end(const struct keeping *keeping) {
    clients_keeper_destroy(keeping->keeper);
    clients_seen_destroy(keeping->seen);
    loop_destroy(keeping->loop);
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void restarts_lose_nobody(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    int64_t now = time(NULL);
    struct stat status;
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_REFUSED, UNKNOWN_CA, now - 2000);
    note(keeping.seen, "192.0.2.2", HANDSHAKE_FINISHED, 0, now - 10);
    end(&keeping);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);

    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, now);
    size_t count;
    struct client_seen *clients = all(keeping.seen, &count);
    assert_int_equal(count, 2);
    assert_string_equal(clients[0].address, "192.0.2.2");
    assert_string_equal(clients[1].address, "192.0.2.1");
    assert_int_equal(clients[1].alert, UNKNOWN_CA);
    free(clients);
    ino_t before = status.st_ino;
    end(&keeping); /* nothing changed: nothing is written */
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_ino, before);

    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, 1000); /* seconds */
    clients_keeper_forget(keeping.keeper, now);
    assert_string_equal(only(keeping.seen).address, "192.0.2.2");
    clients_keeper_forget(keeping.keeper, now + 1000);
    assert_int_equal(count_of(keeping.seen), 0);
    end(&keeping);
    struct client_seen *read = NULL;
    struct blob bytes = {0};
    assert_true(file_read(path, 4096, &bytes, NULL, NULL));
    assert_true(clients_file_read(bytes.data, bytes.size, &read, &count, NULL));
    assert_int_equal(count, 0);
    free(read);
    blob_finish(&bytes);
}

/* Not even one that stops before it has looked. */
static void a_short_run_loses_nobody(void **state) {
    struct scratch *scratch = *state;
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_LEFT, 0, time(NULL));
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.2", HANDSHAKE_LEFT, 0, time(NULL));
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, time(NULL));
    assert_int_equal(count_of(keeping.seen), 2);
    end(&keeping);
}

static void switched_off_it_leaves_nothing(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, time(NULL));
    put(path, "{\"clients\": []}\n");
    clients_keeper_configure(keeping.keeper, false, DAY);
    assert_false(is_there(path));
    assert_int_equal(count_of(keeping.seen), 0);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, time(NULL));
    end(&keeping);
    assert_false(is_there(path));

    put(path, "{\"clients\": []}\n"); /* of an earlier run */
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, false, DAY);
    assert_false(is_there(path));
    end(&keeping);
}

static void a_damaged_file_counts_as_none(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    put(path, "{\"clients\": [{\"addr");
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, time(NULL));
    assert_int_equal(count_of(keeping.seen), 0);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, time(NULL));
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, time(NULL));
    assert_int_equal(count_of(keeping.seen), 1);
    end(&keeping);
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
        cmocka_unit_test(who_must_not_be_remembered_is_not),
        cmocka_unit_test(what_was_known_before_is_joined),
        cmocka_unit_test(threads_lose_nothing),
        cmocka_unit_test(what_is_printed_is_read),
        cmocka_unit_test(damage_is_found),
        scratch_test(restarts_lose_nobody),
        scratch_test(a_short_run_loses_nobody),
        scratch_test(switched_off_it_leaves_nothing),
        scratch_test(a_damaged_file_counts_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
