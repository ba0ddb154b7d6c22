/* daemon/request_target.c and daemon/alert_watch.c: what is read of what clients send. */
#include "tls/alert_watch.h"
#include "daemon/request_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void authorities_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *host;
        unsigned port;
    } good[] = {
        {"localhost", "localhost", 0},
        {"LOCALHOST:8462", "localhost", 8462},
        {"mail.example.org.", "mail.example.org", 0},
        {"192.0.2.1:443", "192.0.2.1", 443},
        {"[2001:DB8::1]:8462", "2001:db8::1", 8462},
        {"[::1]", "::1", 0},
        {"localhost:", "localhost", 0},
        {"xn--bcher-kva.example", "xn--bcher-kva.example", 0},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char host[REQUEST_HOST_SIZE];
        unsigned port = 99;
        if (!authority_parse(good[i].text, strlen(good[i].text), host, &port))
            fail_msg("%s was refused", good[i].text);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
    }
}

static void bad_authorities_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",       "a b",      "a:65536",  "a:99999999999", "a:8x",  "a:-1",      "[::1",
        "[::1]x", "[::1]x:1", "a/b",      "user@host",     "a:1:2", "exa\rmple", "http://a",
        "a..b",   "::1",      "[1.2.3.4", "a,b",           "\"a\"", "a\\b",      "%41",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char host[REQUEST_HOST_SIZE];
        if (authority_parse(bad[i], strlen(bad[i]), host, NULL))
            fail_msg("\"%s\" was taken as %s", bad[i], host);
    }
    char endless[1000], host[REQUEST_HOST_SIZE];
    memset(endless, 'a', sizeof endless);
    assert_false(authority_parse(endless, sizeof endless, host, NULL));
}

static void targets_have_paths(void **state) {
    (void)state;
    assert_string_equal(target_path("/a?b"), "/a?b");
    assert_string_equal(target_path("https://h:1/a"), "/a");
    assert_string_equal(target_path("HTTP://h"), "/");
    assert_string_equal(target_path("https://h?x"), "/");
    assert_string_equal(target_path("*"), "*");
    assert_true(target_is_sound("/a?b=%20", 8));
    assert_false(target_is_sound("/a b", 4));
    assert_false(target_is_sound("/a\rb", 4));
    assert_false(target_is_sound("/a#b", 4));
    assert_false(target_is_sound("/\xC3\xA9", 3));
    assert_false(target_is_sound("/a%00b", 6));
    assert_false(target_is_sound("", 0));
}

static void entity_tags_are_compared_weakly(void **state) {
    (void)state;
    assert_true(entity_tag_listed("\"a\"", "\"a\""));
    assert_true(entity_tag_listed("W/\"a\"", "\"a\""));
    assert_true(entity_tag_listed("\"b\", W/\"a\" ,\"c\"", "\"a\""));
    assert_true(entity_tag_listed("*", "\"a\""));
    assert_false(entity_tag_listed("\"b\"", "\"a\""));
    assert_false(entity_tag_listed("a", "\"a\""));
    assert_false(entity_tag_listed("", "\"a\""));
    assert_false(entity_tag_listed(" , ,", "\"a\""));
    assert_false(entity_tag_listed(NULL, "\"a\""));
}

static int alert_in(const unsigned char *data, size_t size, size_t piece) {
    struct alert_watch watch = {0};
    for (size_t at = 0; at < size; at += piece)
        alert_watch_feed(&watch, data + at, size - at < piece ? size - at : piece);
    return watch.alert;
}

static void alerts_in_the_clear_are_seen_in_any_pieces(void **state) {
    (void)state;
    /* A handshake record, a change of cipher spec, an alert: what OpenSSL's TLS 1.3 client sends.
     */
    static const unsigned char refused[] = {22, 3, 1, 0,  3, 1, 2, 3, 20, 3, 3,
                                            0,  1, 1, 21, 3, 3, 0, 2, 2,  48};
    static const unsigned char encrypted[] = {21, 3, 3, 0, 4, 2, 48, 0, 0, 23, 3, 3, 0, 2, 2, 48};
    static const unsigned char unfinished[] = {21, 3, 3, 0, 2, 2};
    for (size_t piece = 1; piece <= sizeof refused; piece++) {
        assert_int_equal(alert_in(refused, sizeof refused, piece), 48);
        assert_int_equal(alert_in(encrypted, sizeof encrypted, piece), 0);
        assert_int_equal(alert_in(unfinished, sizeof unfinished, piece), 0);
    }
    /* Empty records, and one of a single byte, do not lose the place. */
    static const unsigned char odd[] = {21, 3, 3, 0, 0, 21, 3, 3, 0, 1, 9, 21, 3, 3, 0, 2, 2, 42};
    assert_int_equal(alert_in(odd, sizeof odd, 4), 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorities_are_read),
        cmocka_unit_test(bad_authorities_are_refused),
        cmocka_unit_test(targets_have_paths),
        cmocka_unit_test(entity_tags_are_compared_weakly),
        cmocka_unit_test(alerts_in_the_clear_are_seen_in_any_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
