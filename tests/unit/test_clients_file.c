/* daemon/clients_file.c: what is printed is read, and nothing else. */
#include "daemon/clients_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { UNKNOWN_CA = 48 };

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

/* As much as there can be: the reader takes it, and the keeper reads this many bytes. */
static void a_full_list_is_read(void **state) {
    (void)state;
    struct client_seen *clients = calloc(CLIENTS_SEEN_MOST, sizeof *clients), *read = NULL;
    assert_non_null(clients);
    for (unsigned i = 0; i < CLIENTS_SEEN_MOST; i++) {
        struct client_seen *client = &clients[i];
        *client = (struct client_seen){.end = HANDSHAKE_REFUSED,
                                       .alert = 255,
                                       .tells = true,
                                       .first = 253402300799,
                                       .last = 253402300799,
                                       .handshakes = (uint64_t)1 << 53,
                                       .refusals = (uint64_t)1 << 53};
        memset(client->service, 'a', sizeof client->service - 1);
        snprintf(client->address, sizeof client->address, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:%x",
                 i + 0xa000);
    }
    struct buffer text = {0};
    struct error err = {0};
    size_t count = 0;
    clients_file_print(clients, CLIENTS_SEEN_MOST, &text);
    assert_true(text.size <= CLIENTS_FILE_LIMIT);
    if (!clients_file_read(text.data, text.size, &read, &count, &err))
        fail_msg("%s", err.text);
    assert_int_equal(count, CLIENTS_SEEN_MOST);
    assert_same(&read[CLIENTS_SEEN_MOST - 1], &clients[CLIENTS_SEEN_MOST - 1]);
    free(read);
    free(clients);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read),
        cmocka_unit_test(a_full_list_is_read),
        cmocka_unit_test(damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
