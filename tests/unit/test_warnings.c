/* daemon/cert_warnings.c: the steps; daemon/alert.c: the alerts in words. */
#include "tls/alert.h"
#include "daemon/cert_warnings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { DAY = 24 * 3600 };

static void steps_are_those_announced(void **state) {
    (void)state;
    int64_t end = 2000000000;
    assert_int_equal(expiry_step(end, end - 31 * DAY), -1);
    assert_int_equal(expiry_step(end, end - 30 * DAY), 30);
    assert_int_equal(expiry_step(end, end - 15 * DAY), 30);
    assert_int_equal(expiry_step(end, end - 14 * DAY), 14);
    assert_int_equal(expiry_step(end, end - 7 * DAY), 7);
    assert_int_equal(expiry_step(end, end - DAY), 1);
    assert_int_equal(expiry_step(end, end), 1);
    assert_int_equal(expiry_step(end, end + 1), 0);
}

static void alerts_have_names_and_only_some_are_about_the_certificate(void **state) {
    (void)state;
    assert_string_equal(alert_name(48), "unknown_ca");
    assert_non_null(alert_meaning(48));
    assert_non_null(alert_meaning(42));
    assert_non_null(alert_meaning(45));
    assert_non_null(alert_meaning(46));
    assert_string_equal(alert_name(40), "handshake_failure");
    assert_null(alert_meaning(40));
    assert_string_equal(alert_name(200), "unknown alert");
    assert_null(alert_meaning(200));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_those_announced),
        cmocka_unit_test(alerts_have_names_and_only_some_are_about_the_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
