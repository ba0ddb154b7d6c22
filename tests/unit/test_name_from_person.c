/* certs/name_from_person: what people type as a host name, and what they are told when it is none.
 */
#include "certs/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_become_what_certificates_write(void **state) {
    (void)state;
    static const struct {
        const char *typed, *name;
    } cases[] = {
        {"Mail.Example.ORG", "mail.example.org"},
        {"mail.example.org.", "mail.example.org"},
        {"MailStoreServer", "mailstoreserver"},
        {"under_score.example", "under_score.example"},
        {"*.Example.org", "*.example.org"},
        {"München.example", "xn--mnchen-3ya.example"},
        {"MÜNCHEN.example", "xn--mnchen-3ya.example"},
        {"mu\xCC\x88nchen.example", "xn--mnchen-3ya.example"}, /* u and a combining diaeresis */
        {"faß.example", "xn--fa-hia.example"},                 /* not "fass": IDNA 2008 */
        {"*.bücher.example", "*.xn--bcher-kva.example"},
        {"postfach。例え.jp", "postfach.xn--r8jz45g.jp"},      /* the dot of Japanese keyboards */
        {"نامه\xE2\x80\x8Cای.com", "xn--mgba3gch31f060k.com"}, /* a joiner where Persian has it */
        {"XN--Mnchen-3ya.example", "xn--mnchen-3ya.example"},
        {"r3---sn-x.example", "r3---sn-x.example"}, /* in use, though IDNA reserves "--" there */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[NAME_SIZE] = "";
        struct error err = {0};
        if (!name_from_person(cases[i].typed, out, &err))
            fail_msg("%s", err.text);
        assert_string_equal(out, cases[i].name);
    }
}

static void what_is_no_name_is_said(void **state) {
    (void)state;
    static const struct {
        const char *typed, *why;
    } cases[] = {
        {"", "is empty: give one such as"},
        {".", "nothing before, behind or between its dots"},
        {"mail..example.org", "nothing before, behind or between its dots"},
        {"192.0.2.7", "\"192.0.2.7\" is no host name: it is an address: give it as an address"},
        {"[2001:db8::1]", "it is an address"},
        {"192.0.2", "ends with a number, as addresses do"},
        {"１９２.0.2.１", "ends with a number, as addresses do"},
        {"w*.example.org", "can only be the whole first part of a name, as in \"*.example.org\""},
        {"mail.*.org", "can only be the whole first part"},
        {"*.*.example.org", "can only be the whole first part"},
        {"*", "can only be the whole first part"},
        {"*.org", "everything below \"org\": put a domain before it, as in \"*.example.org\""},
        {"mail example.org", "no host name has the character \" \""},
        {"mail\n.example.org", "\"mail\\x0A.example.org\" is no host name: no host name has the "
                               "character \"\\x0A\""},
        {"mail\xC2\xAD.example.org", "\\u{00AD}"},
        {"mail\xFF.example.org", "the octet \\xFF in it is no UTF-8"},
        {"☕.example", "IDNA does not allow it (string contains a disallowed character)"},
        {"xn--a.example", "IDNA does not allow it"},
        {"℀.example", "no host name has the character \"/\""},
        {"a\xE2\x80\x8D"
         "b.example",
         "IDNA does not allow it"},
        {"-mail.example.org", "its part \"-mail\" begins or ends with a hyphen"},
        {"mail-.example.org", "its part \"mail-\" begins or ends with a hyphen"},
        {"mail.example.org:8462", "a port behind it: give \"mail.example.org\" alone"},
        {"https://mail.example.org:8462/x", "a URL: give \"mail.example.org\" alone"},
        {"https://anna:1@mail.example.org", "a URL: give \"mail.example.org\" alone"},
        {"mail.example.org/login", "a path behind it: give \"mail.example.org\" alone"},
        {"anna@example.org", "an e-mail address: give \"example.org\" alone"},
        {"[::1]:8462", "a port behind it: give \"[::1]\" alone"},
        {"https://", "a URL: give the name alone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[NAME_SIZE] = "untouched";
        struct error err = {0};
        if (name_from_person(cases[i].typed, out, &err))
            fail_msg("%s was taken", cases[i].typed);
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, cases[i].why))
            fail_msg("\"%s\" does not say: %s", err.text, cases[i].why);
        assert_string_equal(out, "untouched");
    }
}

/* RFC 1035, counted in what the certificate holds. */
static void lengths_are_those_of_the_result(void **state) {
    (void)state;
    char text[4096], out[NAME_SIZE];
    struct error err = {0};
    memset(text, 'a', sizeof text);
    memcpy(text + 63, ".org", 5);
    assert_true(name_from_person(text, out, NULL));
    memcpy(text + 63, "a.org", 6);
    assert_false(name_from_person(text, out, &err));
    assert_non_null(strstr(err.text, "\"aaaaaaaaaaaa…\" has 64 octets, 63 are allowed"));
    for (size_t i = 0; i < 300; i++)
        text[i] = i % 50 == 49 ? '.' : 'a';
    text[253] = '\0';
    assert_true(name_from_person(text, out, NULL));
    memcpy(text, "*.", 2); /* as long with the wildcard */
    assert_true(name_from_person(text, out, NULL));
    memcpy(text + 253, "a", 2);
    assert_false(name_from_person(text, out, &err));
    assert_non_null(strstr(err.text, "it has 254 octets, 253 are allowed"));
    /* 40 letters, 80 octets of UTF-8, 45 as an A-label; and 60, which become too many. */
    for (size_t letters = 40; letters <= 60; letters += 20) {
        for (size_t i = 0; i < letters; i++)
            memcpy(text + 2 * i, "\xC3\xBC", 2);
        memcpy(text + 2 * letters, ".org", 5);
        assert_int_equal(name_from_person(text, out, &err), letters == 40);
    }
    assert_non_null(strstr(err.text, "more than 63 octets as IDNA writes it"));
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_false(name_from_person(text, out, &err));
    assert_non_null(strstr(err.text, "longer than the 253 octets"));
    assert_true(strlen(err.text) < 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_what_certificates_write),
        cmocka_unit_test(what_is_no_name_is_said),
        cmocka_unit_test(lengths_are_those_of_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
