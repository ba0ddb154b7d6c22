/* ctl/: the command line, and what the verbs print for people. */
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/options.h"
#include "ctl/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 86400 };
static const int64_t now = 1795514400; /* 2026-11-24 10:00:00 UTC */

/* ---- options ---- */

static const struct ctl_verb *verb_of(const char *name) {
    const char *words[2] = {name, NULL};
    char first[32];
    size_t used = 0, count = 1;
    const char *space = strchr(name, ' ');
    if (space) {
        snprintf(first, sizeof first, "%.*s", (int)(space - name), name);
        words[0] = first;
        words[1] = space + 1;
        count = 2;
    }
    struct error err;
    const struct ctl_verb *verb = verb_find(words, count, &used, &err);
    if (verb)
        assert_int_equal(used, count);
    return verb;
}

static void options_stand_anywhere(void **state) {
    (void)state;
    const char *line[] = {"--state", "/a", "show", "--json", "--pem", "--", "--name"};
    const char *words[7];
    size_t count = 0;
    struct ctl_options options;
    struct error err = {0};
    assert_true(options_read(line, 7, &options, words, &count, &err));
    struct ctl ctl = {.options = &options};
    assert_string_equal(ctl_value(&ctl, "--state"), "/a");
    assert_true(ctl_has(&ctl, "--json"));
    assert_false(ctl_has(&ctl, "--help"));
    assert_null(ctl_value(&ctl, "--config"));
    assert_int_equal(count, 2);
    assert_string_equal(words[0], "show");
    assert_string_equal(words[1], "--name");
    assert_true(options_fit(&options, verb_of("show"), &err));
    assert_false(options_fit(&options, verb_of("list"), &err));
    assert_non_null(strstr(err.text, "option --pem belongs to: show"));
    options_finish(&options);

    const char *joined[] = {"--store=/a=b", "list", "--store", "/c"};
    assert_true(options_read(joined, 4, &options, words, &count, &err));
    assert_string_equal(ctl_value_at(&ctl, "--store", 0), "/a=b");
    assert_string_equal(ctl_value_at(&ctl, "--store", 1), "/c");
    assert_null(ctl_value_at(&ctl, "--store", 2));
    assert_string_equal(ctl_value(&ctl, "--store"), "/c");
    options_finish(&options);
}

static void wrong_options_are_told(void **state) {
    (void)state;
    static const struct {
        const char *line[4];
        const char *words;
    } wrong[] = {
        {{"--jsno"}, "did you mean --json?"}, {{"-x"}, "unknown option -x"},
        {{"--config"}, "--config FILE"},      {{"--config="}, "--config FILE"},
        {{"--json=yes"}, "takes no value"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *words[4];
        size_t count = 0, given = 0;
        while (given < 4 && wrong[i].line[given])
            given++;
        struct ctl_options options;
        struct error err = {0};
        assert_false(options_read(wrong[i].line, given, &options, words, &count, &err));
        if (!strstr(err.text, wrong[i].words))
            fail_msg("\"%s\" does not say \"%s\"", err.text, wrong[i].words);
    }
}

/* An option of one name must be one thing to the reader of the command line, whatever the verb. */
static void options_of_one_name_are_alike(void **state) {
    (void)state;
    for (const struct ctl_verb *const *verb = ctl_verbs; *verb; verb++)
        for (const struct ctl_option *one = (*verb)->options; one && one->name; one++)
            for (const struct ctl_verb *const *other = ctl_verbs; *other; other++)
                for (const struct ctl_option *two = (*other)->options; two && two->name; two++)
                    if (strcmp(one->name, two->name) == 0 && !one->value != !two->value)
                        fail_msg("%s of %s and of %s differ", one->name, (*verb)->name,
                                 (*other)->name);
}

static void every_verb_has_its_help(void **state) {
    (void)state;
    struct ctl_options options = {0};
    for (const struct ctl_verb *const *at = ctl_verbs; *at; at++) {
        const struct ctl_verb *verb = *at;
        struct ctl ctl = {.options = &options, .arguments = &verb->name, .argument_count = 1};
        assert_ptr_equal(verb_of(verb->name), verb);
        if (strchr(verb->name, ' '))
            continue; /* told with its family */
        assert_int_equal(verb_of("help")->run(&ctl), CTL_FINE);
        assert_non_null(strstr(ctl.out.data, verb->summary));
        buffer_finish(&ctl.out);
    }
    assert_null(verb_of("fly"));
}

/* ---- text ---- */

static void columns_are_those_of_a_terminal(void **state) {
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("größe"), 5);
    assert_int_equal(text_columns("e\u0301"), 1);
    assert_int_equal(text_columns("日本"), 4);
    assert_int_equal(text_columns("😀a"), 3);
}

static void table_is_aligned_and_printable(void **state) {
    (void)state;
    struct text_table table = {.columns = 2};
    const char *cells[] = {"NAME", "KEY", "日本", "RSA\x1b[31m", "longer one", NULL};
    for (size_t i = 0; i < 6; i++)
        text_table_add(&table, cells[i]);
    struct buffer out = {0};
    text_table_print(&table, "> ", &out);
    assert_string_equal(out.data, "> NAME        KEY\n"
                                  "> 日本        RSA\\x1B[31m\n"
                                  "> longer one  -\n");
    text_table_finish(&table);
    buffer_finish(&out);
}

static void assert_left(int64_t not_before, int64_t not_after, const char *wanted) {
    struct buffer out = {0};
    text_append_left(&out, not_before, not_after, now);
    assert_string_equal(out.data, wanted);
    buffer_finish(&out);
}

static void what_is_left_is_told_in_fitting_units(void **state) {
    (void)state;
    assert_left(now - DAY, now + 7299 * DAY + 5, "7299 days left");
    assert_left(now - DAY, now + 2 * DAY, "2 days left");
    assert_left(now - DAY, now + 2 * DAY - 1, "47 hours left");
    assert_left(now - DAY, now + 119 * 60, "119 minutes left");
    assert_left(now - DAY, now + 1, "1 second left");
    assert_left(now - DAY, now, "0 seconds left");
    assert_left(now - DAY, now - 3 * DAY, "expired 3 days ago");
    assert_left(now + 2 * DAY, now + 3 * DAY, "not valid for another 2 days");
    struct buffer out = {0};
    text_append_validity(&out, now, now + 10 * DAY, now);
    assert_string_equal(out.data,
                        "2026-11-24 10:00:00 UTC to 2026-12-04 10:00:00 UTC, 10 days left");
    buffer_finish(&out);
}

static void long_lists_of_names_are_cut(void **state) {
    (void)state;
    json_t *names = json_pack("[s, s, s]", "a.example", "b\n.example", "c.example");
    json_t *addresses = json_pack("[s]", "192.0.2.1");
    struct buffer out = {0};
    text_append_names(&out, names, addresses, 2);
    assert_string_equal(out.data, "a.example, b\\x0A.example and 2 more");
    buffer_clear(&out);
    text_append_names(&out, names, addresses, 4);
    assert_string_equal(out.data, "a.example, b\\x0A.example, c.example, 192.0.2.1");
    buffer_clear(&out);
    text_append_names(&out, NULL, NULL, 4);
    assert_int_equal(out.size, 0);
    buffer_finish(&out);
    json_decref(names);
    json_decref(addresses);
}

/* ---- what the verbs print ---- */

static json_t *certificate(const char *name, int64_t not_after) {
    return json_pack("{s:s, s:s, s:s, s:s, s:[s], s:[], s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:b, "
                     "s:b, s:i, s:b, s:b, s:[s]}",
                     "name", name, "subject", "CN=mail", "issuer", "CN=auth", "common_name", "mail",
                     "dns_names", "mail.example.org", "addresses", "serial", "0A", "key",
                     "ECDSA P-256", "signature", "ECDSA-SHA256", "not_before",
                     (json_int_t)(now - DAY), "not_after", (json_int_t)not_after, "fingerprint",
                     "AB:CD", "thumbprint", "EF", "self_issued", 0, "authority", 0, "chain", 1,
                     "staple", 0, "generated", 0, "used_by", "web-access");
}

static json_t *refusal(const char *mend) {
    return json_pack("{s:s, s:s, s:s, s:s?, s:b, s:b}", "entry", "bad", "file", "/s/bad.pem",
                     "reason", "the key is another's", "mend", mend, "kept", 1, "staple", 0);
}

static void assert_says(const struct buffer *out, const char *words) {
    if (!out->data || !strstr(out->data, words))
        fail_msg("does not say \"%s\":\n%s", words, out->data);
}

static void list_tells_entries_and_refusals(void **state) {
    (void)state;
    json_t *answer =
        json_pack("{s:s, s:s, s:[o], s:[o]}", "source", "daemon", "store_folder", "/s", "entries",
                  certificate("a\x1b]0;b", now + 30 * DAY), "refused", refusal("rm /s/bad.pem"));
    assert_non_null(answer);
    struct buffer out = {0};
    list_print(answer, now, &out);
    assert_says(&out, "NAME       KEY          UNTIL       LEFT          USED BY     NAMES\n");
    assert_says(&out, "a\\x1B]0;b  ECDSA P-256  2026-12-24  30 days left  web-access  mail.exa");
    assert_says(&out, "/s/bad.pem\n    the key is another's; the last good version is served\n"
                      "    mend: rm /s/bad.pem\n");
    assert_false(inventory_is_fine(answer, now));
    json_array_clear(json_object_get(answer, "refused"));
    assert_true(inventory_is_fine(answer, now));
    assert_false(inventory_is_fine(answer, now + 31 * DAY));
    assert_false(inventory_is_fine(answer, now - 2 * DAY));

    /* Files know nothing of users. */
    json_object_set_new(answer, "source", json_string("files"));
    buffer_clear(&out);
    list_print(answer, now, &out);
    assert_null(strstr(out.data, "USED BY"));
    json_array_clear(json_object_get(answer, "entries"));
    buffer_clear(&out);
    list_print(answer, now, &out);
    assert_says(&out, "no certificate");
    buffer_finish(&out);
    json_decref(answer);
}

static void show_tells_what_is_refused_alone(void **state) {
    (void)state;
    json_t *answer =
        json_pack("{s:s, s:n, s:[o]}", "source", "files", "entry", "refused", refusal(NULL));
    struct buffer out = {0};
    show_print(answer, now, &out);
    assert_says(&out, "bad\n");
    assert_says(&out, "every version of it is refused");
    assert_null(strstr(out.data, "mend:"));
    buffer_finish(&out);
    json_decref(answer);
}

static void status_tells_what_differs(void **state) {
    (void)state;
    json_t *probe =
        json_pack("{s:s, s:s, s:o, s:n, s:b}", "problem", "another certificate", "tls_version",
                  "TLS 1.3", "certificate", certificate("x", now + DAY), "entry", "matches", 0);
    json_t *listener = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:o}", "address", "*",
                                 "bound", "::", "reach", "::1", "port", 8462, "protocol", "https",
                                 "serves", "mail", "rule", "newest", "probe", probe);
    json_t *answer =
        json_pack("{s:s, s:i, s:I, s:n, s:[{s:s, s:b, s:n, s:[o]}]}", "version", "0.1.0", "pid", 7,
                  "started", (json_int_t)(now - 3 * DAY), "config_file", "services", "name",
                  "web-access", "enabled", 1, "certificate", "listeners", listener);
    assert_non_null(answer);
    struct buffer out = {0};
    status_print(answer, now, &out);
    assert_says(&out,
                "mailstored 0.1.0, process 7, running since 2026-11-21 10:00:00 UTC (3 days)");
    assert_says(&out, "https *:8462, asked at [::1]:8462\n");
    assert_says(&out, "PROBLEM     another certificate\n");
    assert_says(&out, "a certificate that is not in the store, TLS 1.3\n");
    assert_says(&out, "expected    mail\n");

    json_object_set_new(probe, "matches", json_true());
    json_object_set_new(probe, "entry", json_string("mail"));
    json_object_set_new(probe, "problem", json_null());
    buffer_clear(&out);
    status_print(answer, now, &out);
    assert_says(&out, "mail (by rule: newest), TLS 1.3\n");
    assert_null(strstr(out.data, "PROBLEM"));
    assert_null(strstr(out.data, "expected"));
    buffer_finish(&out);
    json_decref(answer);
}

static void answers_that_lack_everything_are_borne(void **state) {
    (void)state;
    json_t *answer =
        json_pack("{s:[{}], s:[{}], s:[{s:[{}]}]}", "entries", "refused", "services", "listeners");
    struct buffer out = {0};
    list_print(answer, now, &out);
    show_print(answer, now, &out);
    status_print(answer, now, &out);
    assert_false(out.failed);
    buffer_finish(&out);
    json_decref(answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(wrong_options_are_told),
        cmocka_unit_test(options_of_one_name_are_alike),
        cmocka_unit_test(every_verb_has_its_help),
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(table_is_aligned_and_printable),
        cmocka_unit_test(what_is_left_is_told_in_fitting_units),
        cmocka_unit_test(long_lists_of_names_are_cut),
        cmocka_unit_test(list_tells_entries_and_refusals),
        cmocka_unit_test(show_tells_what_is_refused_alone),
        cmocka_unit_test(status_tells_what_differs),
        cmocka_unit_test(answers_that_lack_everything_are_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
