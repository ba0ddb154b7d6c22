/* base/utf8: what stays, what is escaped. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(void (*append)(struct buffer *, const char *), const char *text,
                           const char *wanted) {
    struct buffer out = {0};
    append(&out, text);
    char *got = buffer_take(&out);
    assert_string_equal(got, wanted);
    free(got);
}

static void well_formed_text_stays(void **state) {
    (void)state;
    static const char *const texts[] = {"",  "mail.example.org", "größe",    "日本",
                                        "😀", "\U0010FFFD",       "\xC2\x80", "a\nb\x1b[2J"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_written(utf8_append_valid, texts[i], texts[i]);
}

static void malformed_bytes_are_escaped(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"caf\xE9", "caf\\xE9"},
        {"\x80", "\\x80"},
        {"\xC0\xAF", "\\xC0\\xAF"},                   /* a slash in two bytes */
        {"\xE0\x80\xAF", "\\xE0\\x80\\xAF"},          /* in three */
        {"\xED\xA0\x80", "\\xED\\xA0\\x80"},          /* half of a surrogate pair */
        {"\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"}, /* beyond Unicode */
        {"\xF8\x88\x80\x80\x80", "\\xF8\\x88\\x80\\x80\\x80"},
        {"\xE2\x82", "\\xE2\\x82"}, /* cut */
        {"\xC3(", "\\xC3("},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_written(utf8_append_valid, pairs[i][0], pairs[i][1]);
        assert_written(utf8_append_printable, pairs[i][0], pairs[i][1]);
    }
}

static void what_moves_the_cursor_is_escaped(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"a\nb\t\x1b[31m\x7F", "a\\x0Ab\\x09\\x1B[31m\\x7F"},
        {"\xC2\x9B"
         "31m",
         "\\u{009B}31m"},                      /* CSI in one character */
        {"gpj.\u202Eexe", "gpj.\\u{202E}exe"}, /* right-to-left override */
        {"a\u200Bb\u2028", "a\\u{200B}b\\u{2028}"},
        {"größe 日本 😀", "größe 日本 😀"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_written(utf8_append_printable, pairs[i][0], pairs[i][1]);
}

static void a_line_has_no_mark_before_it_and_no_end_behind_it(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"a", "a"},
        {"a\n", "a"},
        {"a\r\n", "a"},
        {"a\r", "a"},
        {"\r\n", ""},
        {"a\n\n", "a\n"},
        {" a \n", " a "},
        {"\xEF\xBB\xBF", ""},
        {"\xEF\xBB", "\xEF\xBB"},
        {"\xEF\xBB\xBF\xEF\xBB\xBFg€\r\n", "\xEF\xBB\xBFg€"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t size = strlen(pairs[i][0]);
        const char *line = utf8_line(pairs[i][0], &size);
        assert_int_equal(size, strlen(pairs[i][1]));
        assert_memory_equal(line, pairs[i][1], size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_stays),
        cmocka_unit_test(malformed_bytes_are_escaped),
        cmocka_unit_test(what_moves_the_cursor_is_escaped),
        cmocka_unit_test(a_line_has_no_mark_before_it_and_no_end_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
