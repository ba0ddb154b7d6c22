/* lab/report.c and its printed forms: what a reader of each finds, whatever a client calls itself.
 */
#include "lab/report.h"

#include "lab/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t scenario(const char *name) {
    size_t i = 0;
    assert_true(lab_scenario_find(name, &i));
    return i;
}

static struct lab_observation seen(const char *name, enum lab_end end, const char *agent) {
    bool alert = end == LAB_END_ALERT;
    return (struct lab_observation){.scenario = scenario(name),
                                    .at = 100,
                                    .end = end,
                                    .alert = alert ? 48 : -1,
                                    .finished = !alert,
                                    .saw = true,
                                    .version = "TLS 1.3",
                                    .server_name = "",
                                    .print = "0123456789abcdef0123456789abcdef",
                                    .agent = agent,
                                    .address = "127.0.0.1"};
}

/* Of one run; json_decref it. */
static json_t *report_of(const struct lab_observation *all, size_t count) {
    struct lab_record *record = NULL;
    assert_true(lab_record_create(&record, NULL));
    for (size_t i = 0; i < count; i++)
        lab_record_note(record, &all[i]);
    json_t *report = lab_report("mine", record);
    assert_non_null(report);
    lab_record_destroy(record);
    return report;
}

static const json_t *result_of(const json_t *report, const char *name) {
    const json_t *client = json_array_get(json_object_get(report, "clients"), 0);
    return json_array_get(json_object_get(client, "results"), scenario(name));
}

static const char *text_of(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static json_int_t number_of(const json_t *object, const char *member) {
    return json_integer_value(json_object_get(object, member));
}

static void each_result_stands_where_its_scenario_does(void **state) {
    (void)state;
    const struct lab_observation all[] = {
        seen("right", LAB_END_ASKED, "curl/8"),
        seen("expired-yesterday", LAB_END_ALERT, ""),
        seen("wrong-host", LAB_END_ASKED, ""),
    };
    json_t *report = report_of(all, 3);
    assert_string_equal(text_of(report, "run"), "mine");
    assert_int_equal(number_of(report, "right"), 2);
    assert_int_equal(number_of(report, "wrong"), 1);
    const json_t *client = json_array_get(json_object_get(report, "clients"), 0);
    assert_int_equal(json_array_size(json_object_get(client, "results")), lab_scenario_count());
    assert_int_equal(number_of(client, "not_tried"), (json_int_t)lab_scenario_count() - 3);
    assert_string_equal(text_of(client, "agent"), "curl/8");
    const json_t *expired = result_of(report, "expired-yesterday");
    assert_string_equal(text_of(expired, "scenario"), "expired-yesterday");
    assert_string_equal(text_of(expired, "verdict"), "refused-rightly");
    assert_string_equal(text_of(expired, "end"), "alert");
    assert_string_equal(text_of(expired, "alert"), "unknown_ca");
    assert_string_equal(text_of(expired, "version"), "TLS 1.3");
    assert_true(json_is_null(json_object_get(result_of(report, "right"), "alert")));
    const json_t *untried = result_of(report, "self-signed");
    assert_string_equal(text_of(untried, "verdict"), "not-tried");
    assert_true(json_is_null(json_object_get(untried, "end")));
    json_decref(report);
}

static bool is_right(const struct lab_observation *all, size_t count) {
    json_t *report = report_of(all, count);
    bool right = lab_report_is_right(report);
    json_decref(report);
    return right;
}

static void one_that_is_wrong_or_cannot_be_judged_spoils_it(void **state) {
    (void)state;
    const struct lab_observation all[] = {
        seen("right", LAB_END_ASKED, ""),
        seen("expired-yesterday", LAB_END_ALERT, ""),
        seen("wrong-host", LAB_END_ASKED, ""),
    };
    const struct lab_observation untold = seen("right", LAB_END_FINISHED, "");
    const struct lab_observation silent = seen("right", LAB_END_SILENT, "");
    assert_true(is_right(all, 2));
    assert_false(is_right(all, 3));
    assert_false(is_right(NULL, 0)); /* nobody came */
    assert_false(is_right(&untold, 1));
    assert_false(is_right(&silent, 1));
}

static bool prints(const json_t *report, void (*print)(const json_t *report, struct buffer *out),
                   const char *words) {
    struct buffer out = {0};
    print(report, &out);
    bool found = !out.failed && out.data && strstr(out.data, words);
    buffer_finish(&out);
    return found;
}

static void print_text(const json_t *report, struct buffer *out) {
    lab_report_text(report, false, out);
}

static void who_clicked_through_had_refused(void **state) {
    (void)state;
    const struct lab_observation all[] = {
        seen("expired-yesterday", LAB_END_ALERT, ""),
        seen("expired-yesterday", LAB_END_ASKED, "browser"),
        seen("right", LAB_END_ASKED, ""),
        seen("right", LAB_END_ALERT, ""),
    };
    json_t *report = report_of(all, 4);
    assert_true(
        json_is_true(json_object_get(result_of(report, "expired-yesterday"), "refused_before")));
    assert_true(json_is_false(json_object_get(result_of(report, "right"), "refused_before")));
    const char *words = "ACCEPTED WHAT IT MUST REFUSE: TLS 1.3, after it had refused";
    assert_true(prints(report, print_text, words));
    assert_true(prints(report, lab_report_junit, words));
    assert_true(prints(report, lab_report_tap, words));
    json_decref(report);
}

static void agents_are_escaped(void **state) {
    (void)state;
    const struct lab_observation one = seen("right", LAB_END_ASKED, "a \\# SKIP <&\">'");
    json_t *report = report_of(&one, 1);
    assert_true(prints(report, print_text, "a \\# SKIP <&\">' (127.0.0.1): 1 right"));
    assert_true(prints(report, lab_report_junit,
                       "name=\"a \\# SKIP &lt;&amp;&quot;&gt;&#39; (127.0.0.1)\""));
    assert_true(prints(report, lab_report_tap, "ok 1 - a \\\\\\# SKIP <&\">' (127.0.0.1): "));
    json_decref(report);
}

static void a_run_that_nobody_came_to(void **state) {
    (void)state;
    json_t *report = report_of(NULL, 0);
    assert_true(prints(report, print_text, "run mine: no client came\n"));
    assert_true(prints(report, lab_report_junit, "<testsuites name=\"mine\">\n</testsuites>\n"));
    assert_true(prints(report, lab_report_tap, "TAP version 13\n1..0 # SKIP no client came\n"));
    json_decref(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_stands_where_its_scenario_does),
        cmocka_unit_test(one_that_is_wrong_or_cannot_be_judged_spoils_it),
        cmocka_unit_test(who_clicked_through_had_refused),
        cmocka_unit_test(agents_are_escaped),
        cmocka_unit_test(a_run_that_nobody_came_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
