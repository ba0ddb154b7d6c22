/* certs/names: normalising and matching, where a mistake would serve the wrong certificate. */
#include "certs/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_are_normalised(void **state) {
    (void)state;
    static const struct {
        const char *text, *normal, *as_pattern;
    } cases[] = {
        {"Mail.Example.ORG", "mail.example.org", "mail.example.org"},
        {"mail.example.org.", "mail.example.org", "mail.example.org"},
        {"MailStoreServer", "mailstoreserver", "mailstoreserver"},
        {"under_score.example", "under_score.example", "under_score.example"},
        {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
        {"*.Example.org", NULL, "*.example.org"},
        {"*", NULL, NULL},
        {"*.", NULL, NULL},
        {"*.*.example.org", NULL, NULL},
        {"a.*.example.org", NULL, NULL},
        {"w*.example.org", NULL, NULL},
        {"", NULL, NULL},
        {".", NULL, NULL},
        {"..", NULL, NULL},
        {".example.org", NULL, NULL},
        {"a..b", NULL, NULL},
        {"a.b..", NULL, NULL},
        {"a b", NULL, NULL},
        {"m\xC3\xBCnchen.example", NULL, NULL},
        {"192.0.2.1", NULL, NULL},
        {"example.1", NULL, NULL},
        {"1.example", "1.example", "1.example"},
        {"::1", NULL, NULL},
        {"host:443", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[NAME_SIZE] = "untouched";
        bool ok = name_normalise(cases[i].text, false, out);
        assert_string_equal(ok ? out : "none", cases[i].normal ? cases[i].normal : "none");
        if (!ok)
            assert_string_equal(out, "untouched");
        ok = name_normalise(cases[i].text, true, out);
        assert_string_equal(ok ? out : "none", cases[i].as_pattern ? cases[i].as_pattern : "none");
    }
}

/* RFC 1035: 63 for a label, 253 for the name. */
static void names_have_limits(void **state) {
    (void)state;
    char text[400], out[NAME_SIZE];
    memset(text, 'a', sizeof text);
    text[63] = '\0';
    assert_true(name_normalise(text, false, out));
    text[63] = 'a';
    text[64] = '\0';
    assert_false(name_normalise(text, false, out));
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 50 == 49 ? '.' : 'a';
    text[253] = '\0';
    assert_true(name_normalise(text, false, out));
    assert_int_equal(strlen(out), 253);
    text[253] = '.';
    text[254] = '\0';
    assert_true(name_normalise(text, false, out));
    text[253] = 'a';
    assert_false(name_normalise(text, false, out));
    text[254] = 'a';
    text[399] = '\0';
    assert_false(name_normalise(text, false, out));
}

static void addresses_are_normalised(void **state) {
    (void)state;
    static const struct {
        const char *text, *normal;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"256.0.0.1", NULL},
        {"192.0.2", NULL},
        {"192.0.2.1.", NULL},
        {"192.0.02.1", NULL},
        {"192.0.2.1 ", NULL},
        {"[192.0.2.1]", NULL},
        {"::", "::"},
        {"::1", "::1"},
        {"[::1]", "::1"},
        {"[::1", NULL},
        {"2001:DB8::1", "2001:db8::1"},
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1::", "1::"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"1:2:3:4:5:6:7:8::", NULL},
        {"::1:2:3:4:5:6:7:8", NULL},
        {"1:2:3:4:5:6:7", NULL},
        {"1::2::3", NULL},
        {":::", NULL},
        {":1:2:3:4:5:6:7", NULL},
        {"1:2:3:4:5:6:7:", NULL},
        {"12345::", NULL},
        {"fe80::1%eth0", NULL},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::ffff:c000:201", "192.0.2.1"},
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
        {"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
        {"1:2:3:4:5:6:7:192.0.2.1", NULL},
        {"::192.0.2", NULL},
        {"mail.example.org", NULL},
        {"", NULL},
        {"[]", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[NAME_SIZE] = "untouched";
        bool ok = address_normalise(cases[i].text, out);
        assert_string_equal(ok ? out : "none", cases[i].normal ? cases[i].normal : "none");
        if (!ok)
            assert_string_equal(out, "untouched");
    }
}

static void addresses_become_octets_and_text(void **state) {
    (void)state;
    unsigned char octets[ADDRESS_OCTETS];
    char text[NAME_SIZE];
    assert_int_equal(address_octets("192.0.2.7", octets), 4);
    assert_memory_equal(octets, "\300\0\2\7", 4);
    assert_int_equal(address_octets("::ffff:192.0.2.7", octets), 4);
    assert_int_equal(address_octets("2001:db8::7", octets), 16);
    assert_true(address_text(octets, 16, text));
    assert_string_equal(text, "2001:db8::7");
    assert_int_equal(address_octets("mail", octets), 0);
    assert_false(address_text(octets, 5, text));
    static const unsigned char mapped[] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 7};
    assert_true(address_text(mapped, sizeof mapped, text));
    assert_string_equal(text, "::ffff:192.0.2.7");
}

static void wildcards_stand_for_one_whole_label(void **state) {
    (void)state;
    assert_true(name_matches("mail.example.org", "mail.example.org"));
    assert_false(name_matches("mail.example.org", "example.org"));
    assert_true(name_matches("*.example.org", "mail.example.org"));
    assert_false(name_matches("*.example.org", "a.mail.example.org"));
    assert_false(name_matches("*.example.org", "example.org"));
    assert_false(name_matches("*.example.org", ".example.org"));
    assert_false(name_matches("*.example.org", "mailexample.org"));
    assert_true(name_matches("*.org", "example.org"));
    assert_false(name_matches("*.org", "org"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_normalised),
        cmocka_unit_test(names_have_limits),
        cmocka_unit_test(addresses_are_normalised),
        cmocka_unit_test(addresses_become_octets_and_text),
        cmocka_unit_test(wildcards_stand_for_one_whole_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
