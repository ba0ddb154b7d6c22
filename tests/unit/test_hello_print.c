/* tls/hello_print.h and tls/wire.h: a client stays the same whatever it is asked to do, and is not
 * taken for another. data/hellos holds ClientHellos that were recorded, CLIENT-HOW: curl 7.88,
 * openssl s_client 3.0.19 and Python 3.11 (one library, with its defaults), gnutls-cli and wget
 * with GnuTLS 3.7.9, Node.js 18, Go 1.19, Java 17, Chromium (which shuffles its extensions, and
 * greases), Firefox. */
#include "tls/hello_print.h"
#include "tls/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HELLO_LIMIT = 4096 };

struct hello {
    unsigned char data[HELLO_LIMIT];
    size_t size;
};

static bool hello_find(const char *client, const char *how, struct hello *out) {
    char path[512];
    snprintf(path, sizeof path, "%s/hellos/%s-%s", TEST_DATA, client, how);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    out->size = fread(out->data, 1, sizeof out->data, file);
    fclose(file);
    assert_in_range(out->size, 100, sizeof out->data - 1);
    return true;
}

static struct hello hello_read(const char *client, const char *how) {
    struct hello hello;
    if (!hello_find(client, how, &hello))
        fail_msg("data/hellos/%s-%s is missing", client, how);
    return hello;
}

static void print_of(const struct hello *hello, char out[static HELLO_PRINT_SIZE]) {
    assert_true(hello_print(hello->data, hello->size, out));
    assert_int_equal(strlen(out), HELLO_PRINT_SIZE - 1);
}

static const char *const clients[] = {"chromium", "curl", "firefox", "gnutls-cli",  "go",
                                      "java",     "node", "openssl", "openssl-1.2", "wget"};
enum { CLIENTS = sizeof clients / sizeof *clients };

static void the_same_client_has_the_same_print(void **state) {
    static const char *const ways[] = {"name", "other-name", "again", "resumed"};
    (void)state;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct hello hello;
        char first[HELLO_PRINT_SIZE], print[HELLO_PRINT_SIZE];
        if (!hello_find(clients[i], "address", &hello)) /* without a server name */
            hello = hello_read(clients[i], "name");
        print_of(&hello, first);
        size_t compared = 0;
        for (size_t j = 0; j < sizeof ways / sizeof *ways; j++)
            if (hello_find(clients[i], ways[j], &hello)) {
                print_of(&hello, print);
                assert_string_equal(print, first);
                compared++;
            }
        assert_true(compared > 0);
    }
}

static void other_clients_have_others(void **state) {
    (void)state;
    char prints[CLIENTS][HELLO_PRINT_SIZE];
    for (size_t i = 0; i < CLIENTS; i++) {
        struct hello hello;
        if (!hello_find(clients[i], "name", &hello))
            hello = hello_read(clients[i], "address");
        print_of(&hello, prints[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(prints[i], prints[j]);
    }
}

static void one_library_with_its_defaults_is_one_client(void **state) {
    (void)state;
    struct hello openssl = hello_read("openssl", "name"), python = hello_read("python", "name");
    char one[HELLO_PRINT_SIZE], other[HELLO_PRINT_SIZE];
    print_of(&openssl, one);
    print_of(&python, other);
    assert_string_equal(one, other);
}

/* ---- offers made up ---- */

static struct hello made(const char *suites, size_t suites_size, const char *extensions,
                         size_t extensions_size) {
    struct hello hello = {{3, 3}, 2 + 32 + 1};
    hello.data[hello.size++] = 0;
    hello.data[hello.size++] = (unsigned char)suites_size;
    memcpy(hello.data + hello.size, suites, suites_size);
    hello.size += suites_size;
    hello.data[hello.size++] = 1;
    hello.data[hello.size++] = 0;
    if (!extensions)
        return hello;
    hello.data[hello.size++] = 0;
    hello.data[hello.size++] = (unsigned char)extensions_size;
    memcpy(hello.data + hello.size, extensions, extensions_size);
    hello.size += extensions_size;
    return hello;
}
#define MADE(suites, extensions) \
    made(suites, sizeof(suites) - 1, extensions, sizeof(extensions) - 1)

static bool alike(struct hello a, struct hello b) {
    char one[HELLO_PRINT_SIZE], other[HELLO_PRINT_SIZE];
    print_of(&a, one);
    print_of(&b, other);
    return strcmp(one, other) == 0;
}

static void what_changes_is_left_out(void **state) {
    (void)state;
    struct hello plain = MADE("\x13\x01\xC0\x2B", "\0\x17\0\0\0\x0A\0\4\0\2\0\x1D");
    struct hello moved = MADE("\x13\x01\xC0\x2B", "\0\x0A\0\4\0\2\0\x1D\0\x17\0\0");
    struct hello greased = MADE("\x3A\x3A\x13\x01\xC0\x2B",
                                "\x4A\x4A\0\0\0\x17\0\0\0\x0A\0\6\0\4\x2A\x2A\0\x1D\xFA\xFA\0\1\0");
    struct hello second_try = MADE("\x13\x01\xC0\x2B\x56\0", "\0\x17\0\0\0\x0A\0\4\0\2\0\x1D");
    struct hello padded =
        MADE("\x13\x01\xC0\x2B", "\0\x17\0\0\0\x15\0\3\0\0\0\0\x0A\0\4\0\2\0\x1D");
    struct hello with_random = plain;
    memset(with_random.data + 2, 0x5A, 32);
    assert_true(alike(plain, moved));
    assert_true(alike(plain, greased));
    assert_true(alike(plain, second_try));
    assert_true(alike(plain, padded));
    assert_true(alike(plain, with_random));
}

static void what_the_client_chose_is_not(void **state) {
    (void)state;
    struct hello plain = MADE("\x13\x01\xC0\x2B", "\0\x17\0\0\0\x0A\0\4\0\2\0\x1D");
    assert_false(alike(plain, MADE("\xC0\x2B\x13\x01", "\0\x17\0\0\0\x0A\0\4\0\2\0\x1D")));
    assert_false(alike(plain, MADE("\x13\x01\xC0\x2B", "\0\x17\0\0\0\x0A\0\4\0\2\0\x17")));
    assert_false(alike(plain, MADE("\x13\x01\xC0\x2B", "\0\x0A\0\4\0\2\0\x1D")));
    assert_false(
        alike(plain, MADE("\x13\x01\xC0\x2B", "\0\x17\0\0\0\x17\0\0\0\x0A\0\4\0\2\0\x1D")));
    /* 0x0A1A looks like GREASE, and is none. */
    assert_false(alike(plain, MADE("\x13\x01\xC0\x2B\x0A\x1A", "\0\x17\0\0\0\x0A\0\4\0\2\0\x1D")));
    struct hello older = plain;
    older.data[1] = 1;
    assert_false(alike(plain, older));
}

static void protocols_count_but_for_grease(void **state) {
    (void)state;
    struct hello one = MADE("\x13\x01", "\0\x10\0\x0B\0\x09\x08http/1.1");
    assert_true(alike(one, MADE("\x13\x01", "\0\x10\0\x0E\0\x0C\2\x5A\x5A\x08http/1.1")));
    assert_false(alike(one, MADE("\x13\x01", "\0\x10\0\x0E\0\x0C\2h2\x08http/1.1")));
}

static void an_offer_may_have_no_extensions(void **state) {
    (void)state;
    char print[HELLO_PRINT_SIZE];
    struct hello hello = made("\xC0\x2B", 2, NULL, 0);
    print_of(&hello, print);
    assert_true(alike(hello, MADE("\xC0\x2B", "\0\0\0\4\0\2\0\0"))); /* a server name alone */
}

static void what_is_no_offer_has_none(void **state) {
    (void)state;
    char print[HELLO_PRINT_SIZE] = "before";
    struct hello hello = hello_read("curl", "name");
    unsigned cuts = 0;
    for (size_t size = 0; size < hello.size; size++) {
        unsigned char *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, hello.data, size);
        bool whole = hello_print(copy, size, print);
        free(copy);
        if (!whole)
            assert_string_equal(print, "");
        cuts += whole;
    }
    assert_int_equal(cuts, 1);    /* before the extensions: a whole one of the time without them */
    hello.data[hello.size++] = 0; /* something behind it */
    assert_false(hello_print(hello.data, hello.size, print));
    assert_false(hello_print((const unsigned char *)"GET / HTTP/1.1", 14, print));
    hello = made("", 0, NULL, 0);
    assert_false(hello_print(hello.data, hello.size, print));
    hello = made("\xC0", 1, NULL, 0);
    assert_false(hello_print(hello.data, hello.size, print));
}

static void a_vector_too_long_takes_nothing(void **state) {
    (void)state;
    struct wire rest = {(const unsigned char *)"\x05"
                                               "abc",
                        4},
                vector;
    uint32_t number;
    assert_false(wire_vector(&rest, 1, &vector));
    assert_int_equal(rest.left, 4);
    assert_true(wire_number(&rest, 3, &number));
    assert_int_equal(number, 0x056162);
    assert_false(wire_number(&rest, 2, &number));
    assert_true(wire_take(&rest, 1, &vector));
    assert_int_equal(vector.at[0], 'c');
    assert_int_equal(rest.left, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_client_has_the_same_print),
        cmocka_unit_test(other_clients_have_others),
        cmocka_unit_test(one_library_with_its_defaults_is_one_client),
        cmocka_unit_test(what_changes_is_left_out),
        cmocka_unit_test(what_the_client_chose_is_not),
        cmocka_unit_test(protocols_count_but_for_grease),
        cmocka_unit_test(an_offer_may_have_no_extensions),
        cmocka_unit_test(what_is_no_offer_has_none),
        cmocka_unit_test(a_vector_too_long_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
