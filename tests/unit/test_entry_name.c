/* certs/store_change: names of entries, checked and made. */
#include "certs/store_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_of_entries_are_checked(void **state) {
    (void)state;
    char longest[202];
    memset(longest, 'a', 201);
    longest[200] = '\0';
    const char *const good[] = {"a",
                                "mail.example.org",
                                "My server_ _.example.org",
                                "M\xc3\xbcnchen",
                                "authority2",
                                "a.pem2",
                                longest};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct error err = {0};
        if (!entry_name_check(good[i], &err))
            fail_msg("%s: %s", good[i], err.text);
    }
    char longer[202];
    memset(longer, 'a', 201);
    longer[201] = '\0';
    const struct {
        const char *name, *says;
    } bad[] = {
        {"", "empty"},
        {longer, "200"},
        {"a/b", "\"/\""},
        {"a\nb", "printable"},
        {"a\xff", "UTF-8"},
        {"\xe2\x80\xae", "printable"},
        {".a", "dot"},
        {"..", "dot"},
        {"a.pem", "ending"},
        {"a.Key", "ending"},
        {"a.meta", "ending"},
        {"a~", "passed over"},
        {"a.tmp", "passed over"},
        {"a.BAK", "passed over"},
        {"authority", "local authority"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = {0};
        assert_false(entry_name_check(bad[i].name, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s: %s", bad[i].name, err.text);
    }
}

static void any_text_gives_a_name(void **state) {
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"My server: *.example.org", "My server_ _.example.org"},
        {"mail.example.org", "mail.example.org"},
        {"*.example.org", "_.example.org"},
        {"../../etc/passwd", "_._.._etc_passwd"},
        {"  M\xc3\xbcnchen  ", "M\xc3\xbcnchen"},
        {"a\xff\x01", "a__"},
        {"\xe2\x80\xae", "_"},
        {".hidden", "_hidden"},
        {"server.pem", "server_pem"},
        {"server.key.PEM", "server.key_PEM"},
        {"back~", "back_"},
        {"old.bak", "old_bak"},
        {"mail.example.org.", "mail.example.org"},
        {"..", "certificate"},
        {"authority", "authority_"},
        {"", "certificate"},
        {"   ", "certificate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = entry_name_from(cases[i].text);
        assert_string_equal(name, cases[i].name);
        assert_true(entry_name_check(name, NULL));
        free(name);
    }
    char text[401];
    for (size_t i = 0; i < sizeof text - 1; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[400] = '\0';
    char *name = entry_name_from(text);
    assert_int_equal(strlen(name), 200);
    free(name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_entries_are_checked),
        cmocka_unit_test(any_text_gives_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
