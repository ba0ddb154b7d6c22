/* base/: errors that are cut at whole characters, buffers, lists, words for a shell, times, log
 * lines. */
#include "base/blob.h"
#include "base/error.h"
#include "base/log.h"
#include "base/shell_word.h"
#include "base/string_list.h"
#include "base/time_text.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void error_keeps_its_kind_when_prefixed(void **state) {
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_INPUT, "line %d", 3);
    error_prefix(&err, "file %s", "a");
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.text, "file a: line 3");
    error_set(NULL, ERROR_INPUT, "nobody listens");
}

static void error_of_the_system_knows_its_kind(void **state) {
    (void)state;
    struct error err = {0};
    error_set_system(&err, ENOSPC, "x");
    assert_int_equal(err.kind, ERROR_SPACE);
    assert_non_null(strstr(err.text, "x: No space"));
    error_set_system(&err, EACCES, "x");
    assert_int_equal(err.kind, ERROR_PERMISSION);
    error_set_system(&err, ENOENT, "x");
    assert_int_equal(err.kind, ERROR_MISSING);
}

static void error_too_long_ends_at_a_whole_character(void **state) {
    (void)state;
    char text[2000];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', sizeof text);
        for (size_t i = shift; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xC3\xA9", 2);
        text[sizeof text - 1] = '\0';
        struct error err = {0};
        error_set(&err, ERROR_INPUT, "%s", text);
        size_t length = strlen(err.text);
        assert_true(length < sizeof err.text);
        assert_true((unsigned char)err.text[length - 1] != 0xC3);
    }
}

static void buffer_grows_and_gives_its_text_away(void **state) {
    (void)state;
    struct buffer buffer = {0};
    for (int i = 0; i < 1000; i++)
        buffer_printf(&buffer, "%d,", i);
    assert_false(buffer.failed);
    assert_int_equal(strlen(buffer.data), buffer.size);
    char *text = buffer_take(&buffer);
    assert_memory_equal(text, "0,1,2,", 6);
    assert_null(buffer.data);
    free(text);
    text = buffer_take(&buffer);
    assert_string_equal(text, "");
    free(text);
}

static void buffer_that_failed_gives_nothing(void **state) {
    (void)state;
    struct buffer buffer = {0};
    buffer_append_text(&buffer, "a");
    buffer_append(&buffer, "", SIZE_MAX / 2);
    assert_true(buffer.failed);
    buffer_append_text(&buffer, "b");
    assert_null(buffer_take(&buffer));
}

static void wiped_memory_is_zero(void **state) {
    (void)state;
    char secret[] = "password";
    memory_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
}

static void list_keeps_order_and_copies(void **state) {
    (void)state;
    struct string_list list = {0};
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%d", i % 50);
        assert_true(string_list_add_unique(&list, text));
    }
    assert_int_equal(list.count, 50);
    struct string_list copy = {0};
    assert_true(string_list_copy(&list, &copy));
    string_list_finish(&list);
    assert_string_equal(copy.items[49], "n49");
    assert_true(string_list_has(&copy, "n7"));
    assert_false(string_list_has(&copy, "n50"));
    string_list_finish(&copy);
}

static void nearest_word_is_near(void **state) {
    (void)state;
    static const char *const words[] = {"listeners", "certificate", "address", "port", NULL};
    assert_string_equal(nearest_word("adress", words), "address");
    assert_string_equal(nearest_word("Listener", words), "listeners");
    assert_string_equal(nearest_word("prot", words), "port");
    assert_null(nearest_word("colour", words));
    char endless[500];
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_null(nearest_word(endless, words));
}

static void words_stay_whole_in_a_shell(void **state) {
    (void)state;
    static const struct {
        const char *word, *quoted;
    } cases[] = {
        {"/var/lib/a-b_c.pem", "/var/lib/a-b_c.pem"},
        {"", "''"},
        {"a b", "'a b'"},
        {"$(reboot);*~", "'$(reboot);*~'"},
        {"it's", "'it'\\''s'"},
        {"M\xc3\xbcnchen", "'M\xc3\xbcnchen'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = {0};
        shell_append_word(&out, cases[i].word);
        char *text = buffer_take(&out);
        assert_string_equal(text, cases[i].quoted);
        free(text);
    }
}

static void times_read_as_utc(void **state) {
    (void)state;
    char text[TIME_TEXT_SIZE];
    assert_string_equal(time_text(0, text), "1970-01-01 00:00:00 UTC");
    assert_string_equal(time_text_date(4102444800, text), "2100-01-01");
    assert_string_equal(time_text_rfc3339(253402300799, text), "9999-12-31T23:59:59Z");
}

static void time_is_read_as_it_is_written(void **state) {
    (void)state;
    static const int64_t times[] = {0, 951782400 /* 29 February 2000 */, 1795514400, 253402300799};
    char text[TIME_TEXT_SIZE];
    int64_t at = -1;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_true(time_from_text(time_text(times[i], text), &at));
        assert_int_equal(at, times[i]);
        assert_true(time_from_text(time_text_rfc3339(times[i], text), &at));
        assert_int_equal(at, times[i]);
    }
    assert_true(time_from_text("2026-11-24", &at));
    assert_int_equal(at, 1795514400 - 10 * 3600);
    assert_true(time_from_text("2026-11-24 10:00:00", &at));
    assert_int_equal(at, 1795514400);
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-11",
                                        "2026-02-30",
                                        "2026-13-01",
                                        "2026-11-24T10:00:00",
                                        "24.11.2026",
                                        "2026-11-24 10:00",
                                        "2026-1-2",
                                        "2026-11-24 24:00:00",
                                        "2026-11-24 ",
                                        "2026-11-24 10:00:00 CET",
                                        "-026-11-24",
                                        "2026-11-24T10:00:00Z "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (time_from_text(wrong[i], &at))
            fail_msg("\"%s\" was taken for a time", wrong[i]);
}

/* Runs one log_write with standard error in a file; gives what was written. */
static char *logged(enum log_form form, enum log_level most_verbose, const char *text) {
    char path[] = "/tmp/mailstored-log-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    int before = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    log_open(form, most_verbose);
    log_warning("store", "%s", text);
    dup2(before, STDERR_FILENO);
    close(before);
    char line[8192];
    ssize_t size = pread(file, line, sizeof line - 1, 0);
    assert_true(size >= 0);
    line[size] = '\0';
    close(file);
    unlink(path);
    return strdup(line);
}

static void log_lines_cannot_be_forged(void **state) {
    (void)state;
    char *line = logged(LOG_FORM_JOURNAL, LOG_LEVEL_INFO, "name\n<3>forged\x1b[2J");
    assert_string_equal(line, "<4>store: name\\x0A<3>forged\\x1B[2J\n");
    free(line);
}

static void log_has_levels_and_a_plain_form(void **state) {
    (void)state;
    char *line = logged(LOG_FORM_PLAIN, LOG_LEVEL_ERROR, "hidden");
    assert_string_equal(line, "");
    free(line);
    line = logged(LOG_FORM_PLAIN, LOG_LEVEL_WARNING, "seen");
    assert_non_null(strstr(line, " warning store: seen\n"));
    free(line);
}

static void log_file_is_reopened(void **state) {
    (void)state;
    char folder[] = "/tmp/mailstored-log-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64], rotated[64];
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(rotated, sizeof rotated, "%s/log.1", folder);
    struct error err = {0};
    log_open(LOG_FORM_PLAIN, LOG_LEVEL_NOTICE);
    assert_true(log_open_file(path, &err));
    log_notice("test", "one");
    assert_int_equal(rename(path, rotated), 0);
    assert_true(log_open_file(path, &err));
    log_notice("test", "two");
    assert_true(log_open_file(NULL, &err));
    char text[200] = "";
    int file = open(path, O_RDONLY);
    assert_true(read(file, text, sizeof text - 1) > 0);
    close(file);
    assert_non_null(strstr(text, "two"));
    assert_null(strstr(text, "one"));
    unlink(path);
    unlink(rotated);
    assert_false(log_open_file(path[0] ? folder : path, &err));
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_keeps_its_kind_when_prefixed),
        cmocka_unit_test(error_of_the_system_knows_its_kind),
        cmocka_unit_test(error_too_long_ends_at_a_whole_character),
        cmocka_unit_test(buffer_grows_and_gives_its_text_away),
        cmocka_unit_test(buffer_that_failed_gives_nothing),
        cmocka_unit_test(wiped_memory_is_zero),
        cmocka_unit_test(list_keeps_order_and_copies),
        cmocka_unit_test(nearest_word_is_near),
        cmocka_unit_test(words_stay_whole_in_a_shell),
        cmocka_unit_test(times_read_as_utc),
        cmocka_unit_test(time_is_read_as_it_is_written),
        cmocka_unit_test(log_lines_cannot_be_forged),
        cmocka_unit_test(log_has_levels_and_a_plain_form),
        cmocka_unit_test(log_file_is_reopened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
