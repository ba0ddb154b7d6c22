/* certs/request_inf: a corpus of files, each with what is to come of it (data/request_inf/expected,
 * which says how it is written), and what a file cannot show. */
#include "request_inf_words.h"

#include "base/string_list.h"
#include "platform/file.h"

#include "test_data.h"

static const int64_t now = 1795478400; /* 2026-11-24 00:00:00 UTC */

/* ---- the corpus ---- */

/* Lines of a text, one after the other. */
static char *next_line(char **rest) {
    char *line = *rest;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    *rest = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    return line;
}

static bool is_expectation(const char *line) {
    static const char *const heads[] = {"= ", "mistake ", "repair ", "warning ", "note "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(line, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

/* A remark's level and place must be the same, and its text must have the words; of the plan all
 * must be the same. */
static bool is_as_expected(const char *line, const char *wanted) {
    size_t head = strcspn(wanted, " ");
    head += wanted[head] ? 1 + strcspn(wanted + head + 1, " ") : 0;
    if (wanted[0] == '=' || !wanted[head])
        return strcmp(line, wanted) == 0;
    return strncmp(line, wanted, head + 1) == 0 && strstr(line + head + 1, wanted + head + 1);
}

struct corpus_case {
    char file[64], mode[16], outcome[16];
    char *expected; /* its lines, NUL-terminated */
};

static void check_case(const struct corpus_case *c, const char *mode) {
    char path[96], expected[8192];
    struct buffer words = {0};
    const struct request_inf_options options = {.tolerant = strcmp(mode, "tolerant") == 0,
                                                .allow_weak = strcmp(mode, "weak") == 0,
                                                .now = now};
    snprintf(path, sizeof path, "request_inf/%s", c->file);
    struct blob bytes = data_read(path);
    words_of_request(&bytes, &options, &words);
    char *whole = strdup(words.data), *rest = words.data, *wanted_rest = expected;
    snprintf(expected, sizeof expected, "%s\n%s", c->outcome, c->expected);
    for (;;) {
        const char *line = next_line(&rest), *wanted = next_line(&wanted_rest);
        if (!line && !wanted)
            break;
        if (!line || !wanted || !is_as_expected(line, wanted))
            fail_msg("%s, %s: expected \"%s\", got \"%s\" of:\n%s", c->file, mode,
                     wanted ? wanted : "nothing more", line ? line : "nothing more", whole);
    }
    free(whole);
    buffer_finish(&words);
    blob_finish(&bytes);
}

static void run_case(const struct corpus_case *c, struct string_list *done) {
    char text[128];
    bool both = strcmp(c->mode, "both") == 0;
    if (!both && strcmp(c->mode, "strict") != 0 && strcmp(c->mode, "tolerant") != 0 &&
        strcmp(c->mode, "weak") != 0)
        fail_msg("%s: there is no mode %s", c->file, c->mode);
    for (int i = 0; i < (both ? 2 : 1); i++) {
        const char *mode = both ? i == 0 ? "strict" : "tolerant" : c->mode;
        check_case(c, mode);
        snprintf(text, sizeof text, "%s %s", c->file, mode);
        assert_false(string_list_has(done, text));
        assert_true(string_list_add(done, text));
    }
}

static bool is_done(void *context, const char *name) {
    const char *const modes[] = {"strict", "tolerant"};
    size_t size = strlen(name);
    for (size_t i = 0; i < 2 && size > 4 && strcmp(name + size - 4, ".inf") == 0; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s %s", name, modes[i]);
        if (!string_list_has(context, text))
            fail_msg("nothing is expected of %s", text);
    }
    return true;
}

static void corpus_is_read_as_expected(void **state) {
    (void)state;
    struct blob table = data_read("request_inf/expected");
    struct string_list done = {0};
    struct error err = {0};
    char *text = strndup((const char *)table.data, table.size), *rest = text, *line;
    struct buffer lines = {0};
    struct corpus_case c = {0};
    do {
        line = next_line(&rest);
        if (line && is_expectation(line)) {
            buffer_printf(&lines, "%s\n", line);
        } else if (!line || (*line && *line != '#')) {
            buffer_append_text(&lines, "");
            c.expected = lines.data;
            if (*c.file)
                run_case(&c, &done);
            buffer_clear(&lines);
            if (line && sscanf(line, "%63s %15s %15s", c.file, c.mode, c.outcome) != 3)
                fail_msg("this is no line of the table: %s", line);
        }
    } while (line);
    assert_true(folder_list(TEST_DATA "/request_inf", is_done, &done, &err));
    string_list_finish(&done);
    buffer_finish(&lines);
    free(text);
    blob_finish(&table);
}

/* Keys made once: which one signs does not matter here. */
static struct blob *key_of(enum cert_key_family family) {
    static struct blob keys[2];
    static const struct cert_key_choice choices[] = {{CERT_FAMILY_ECDSA, 256},
                                                     {CERT_FAMILY_RSA, 2048}};
    struct error err = {0};
    size_t i = family == CERT_FAMILY_RSA;
    if (!keys[i].data && !cert_plan_make_key(choices[i], &keys[i], &err))
        fail_msg("%s", err.text);
    return &keys[i];
}

static void hear_nothing(void *context, const struct request_inf_remark *remark) {
    (void)context;
    (void)remark;
}

static bool make_one(void *context, const char *name) {
    char path[96];
    struct request_inf request = {0};
    struct error err = {0};
    const struct request_inf_options options = {.tolerant = true, .now = now};
    size_t *made = context, size = strlen(name);
    if (size < 4 || strcmp(name + size - 4, ".inf") != 0)
        return true;
    snprintf(path, sizeof path, "request_inf/%.64s", name);
    struct blob bytes = data_read(path), der = {0};
    struct cert_material material = {0};
    if (request_inf_read(&bytes, &options, hear_nothing, NULL, &request)) {
        const struct blob *key = key_of(request.plan.key.family);
        bool ok = request.type == REQUEST_INF_CERT
                      ? cert_plan_self_sign(&request.plan, key, &material, &err)
                      : cert_plan_request(&request.plan, key, &request.attributes, &der, &err);
        if (!ok)
            fail_msg("%s: %s", name, err.text);
        ++*made;
    }
    cert_material_finish(&material);
    blob_finish(&der);
    request_inf_finish(&request);
    blob_finish(&bytes);
    return true;
}

static void what_is_accepted_can_be_made(void **state) {
    (void)state;
    size_t made = 0;
    struct error err = {0};
    assert_true(folder_list(TEST_DATA "/request_inf", make_one, &made, &err));
    assert_true(made > 60);
    blob_wipe(key_of(CERT_FAMILY_RSA));
    blob_wipe(key_of(CERT_FAMILY_ECDSA));
}

/* ---- what a file cannot show, or only many could ---- */

static bool read_text(const char *text, size_t size, bool tolerant, struct buffer *words) {
    const struct request_inf_options options = {.tolerant = tolerant, .now = now};
    return words_of_request(&(struct blob){(unsigned char *)text, size}, &options, words);
}

static void dates_are_read_as_people_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text, *until; /* NULL: refused */
    } cases[] = {
        {"2027-11-24", "2027-11-24 00:00:00"},
        {"2027-1-4", "2027-01-04 00:00:00"},
        {"2027-11-24 10:31", "2027-11-24 10:31:00"},
        {"2027-11-24T10:31:59Z", "2027-11-24 10:31:59"},
        {"2027-11-24 10:31 UTC", "2027-11-24 10:31:00"},
        {"11/24/2027", "2027-11-24 00:00:00"},
        {"24/11/2027", "2027-11-24 00:00:00"},
        {"12/1/2027", "2027-12-01 00:00:00"},
        {"11/24/2027 12:05 AM", "2027-11-24 00:05:00"},
        {"11/24/2027 12:05 pm", "2027-11-24 12:05:00"},
        {"11/24/2027 11:59:58PM", "2027-11-24 23:59:58"},
        {"24.11.2027", "2027-11-24 00:00:00"},
        {"4.1.2027 8:15", "2027-01-04 08:15:00"},
        {"24 November 2027", "2027-11-24 00:00:00"},
        {"24. nov. 2027", "2027-11-24 00:00:00"},
        {"24-Nov-2027 23:00", "2027-11-24 23:00:00"},
        {"November 24, 2027", "2027-11-24 00:00:00"},
        {"May 4 2027", "2027-05-04 00:00:00"},
        {"2028-02-29", "2028-02-29 00:00:00"},
        {"9999-12-31 23:59:59", "9999-12-31 23:59:59"},
        {"2027-02-29", NULL},
        {"2100-02-29", NULL},
        {"2027-13-01", NULL},
        {"2027-00-10", NULL},
        {"2027-11-00", NULL},
        {"13/13/2027", NULL},
        {"1969-12-31", NULL},
        {"24.11.27", NULL},
        {"24 Novembre 2027", NULL},
        {"2027-11-24 24:00", NULL},
        {"2027-11-24 10:60", NULL},
        {"2027-11-24 13:00 PM", NULL},
        {"2027-11-24 0:30 AM", NULL},
        {"2027-11-24 10", NULL},
        {"2027-11-24 10:31 CET", NULL},
        {"2027-11-24x", NULL},
        {"tomorrow", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], wanted[96];
        struct buffer words = {0};
        int size = snprintf(text, sizeof text,
                            "[NewRequest]\nSubject = CN=a\nRequestType = Cert\nNotAfter = \"%s\"\n",
                            cases[i].text);
        bool ok = read_text(text, (size_t)size, false, &words);
        snprintf(wanted, sizeof wanted, "= valid 2026-11-24 00:00:00 UTC to %s UTC\n",
                 cases[i].until ? cases[i].until : "");
        if (ok != (cases[i].until != NULL) || (ok && !strstr(words.data, wanted)))
            fail_msg("%s: %s", cases[i].text, words.data);
        buffer_finish(&words);
    }
}

static void periods_go_by_the_calendar(void **state) {
    (void)state;
    static const struct {
        const char *from, *period;
        unsigned units;
        const char *until;
    } cases[] = {
        {"2027-01-31", "Months", 1, "2027-03-01 00:00:00"},
        {"2028-01-30", "Months", 1, "2028-03-01 00:00:00"},
        {"2028-01-29", "Months", 1, "2028-02-29 00:00:00"},
        {"2027-12-31 10:15Z", "Months", 2, "2028-03-01 10:15:00"},
        {"2027-03-31", "Months", 13, "2028-05-01 00:00:00"},
        {"2028-02-29", "Years", 1, "2029-03-01 00:00:00"},
        {"2028-02-29", "Years", 4, "2032-02-29 00:00:00"},
        {"2027-11-24", "Years", 20, "2047-11-24 00:00:00"},
        {"2027-11-24", "Weeks", 2, "2027-12-08 00:00:00"},
        {"2027-11-24", "Hours", 25, "2027-11-25 01:00:00"},
        {"2027-11-24", "Minutes", 61, "2027-11-24 01:01:00"},
        {"2027-11-24", "Seconds", 61, "2027-11-24 00:01:01"},
        {"2027-11-24", "Years", 7972, "9999-11-24 00:00:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], wanted[96];
        struct buffer words = {0};
        int size = snprintf(text, sizeof text,
                            "[NewRequest]\nSubject = CN=a\nRequestType = Cert\nNotBefore = %s\n"
                            "ValidityPeriod = %s\nValidityPeriodUnits = %u\n",
                            cases[i].from, cases[i].period, cases[i].units);
        assert_true(read_text(text, (size_t)size, false, &words));
        snprintf(wanted, sizeof wanted, " to %s UTC\n", cases[i].until);
        if (!strstr(words.data, wanted))
            fail_msg("%s, %u %s: %s", cases[i].from, cases[i].units, cases[i].period, words.data);
        buffer_finish(&words);
    }
}

/* A comment in front, of as many characters as are wanted. */
static void a_file_has_a_size_and_a_field_too(void **state) {
    (void)state;
    static const char request[] = "\n[NewRequest]\nSubject = CN=a\nProviderName = ";
    struct buffer words = {0};
    struct {
        size_t comment, field;
        const char *said;
    } cases[] = {
        {10, 4095, "accepted"},
        {10, 4096, "more than the 4095 characters"},
        {REQUEST_INF_LIMIT - sizeof request + 1 - 10, 10, "accepted"},
        {REQUEST_INF_LIMIT - sizeof request + 2 - 10, 10, "262144 are allowed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = cases[i].comment + sizeof request - 1 + cases[i].field;
        char *text = malloc(size);
        assert_non_null(text);
        memset(text, ';', cases[i].comment);
        memcpy(text + cases[i].comment, request, sizeof request - 1);
        memset(text + size - cases[i].field, 'a', cases[i].field);
        read_text(text, size, false, &words);
        if (!strstr(words.data, cases[i].said))
            fail_msg("not \"%s\" but: %s", cases[i].said, words.data);
        buffer_clear(&words);
        free(text);
    }
    buffer_finish(&words);
}

static void so_many_mistakes_end_the_reading(void **state) {
    (void)state;
    struct buffer text = {0}, words = {0};
    buffer_append_text(&text, "[NewRequest]\n");
    for (int i = 0; i < 150; i++)
        buffer_printf(&text, "Colour%d = red\n", i);
    assert_false(read_text(text.data, text.size, true, &words));
    assert_non_null(strstr(words.data, "mistake 101:1 [NewRequest] has no key \"Colour99\""));
    assert_null(strstr(words.data, "Colour100"));
    assert_non_null(strstr(words.data, "mistake 0:0 there are more than 100 mistakes"));
    buffer_finish(&text);
    buffer_finish(&words);
}

/* Tokens that would make much of little. */
static void tokens_do_not_grow_without_end(void **state) {
    (void)state;
    struct buffer text = {0}, words = {0};
    buffer_append_text(&text, "[NewRequest]\nSubject = CN=a\n[Strings]\na = ");
    for (int i = 0; i < 4000; i++)
        buffer_append_text(&text, "a");
    buffer_append_text(&text, "\n[Extensions]\n1.2.3 = \"{utf8}\"\n");
    for (int i = 0; i < 10000; i++)
        buffer_append_text(&text, "_continue_ = %a%\n");
    assert_false(read_text(text.data, text.size, false, &words));
    assert_non_null(strstr(words.data, "has more than 65536 octets with this line"));
    assert_non_null(strstr(words.data, "stand for more than 1048576 octets"));
    buffer_finish(&text);
    buffer_finish(&words);
}

/* ---- the template ---- */

static char *template_of(struct string_list *names, struct string_list *addresses) {
    struct buffer text = {0};
    struct error err = {0};
    if (!request_inf_template(names, addresses, &text, &err))
        fail_msg("%s", err.text);
    return buffer_take(&text);
}

static void template_is_read_without_a_remark(void **state) {
    (void)state;
    char *names[] = {(char *)"mail.example.org", (char *)"MailServer",
                     (char *)"bücher.example.org"};
    char *addresses[] = {(char *)"192.0.2.5", (char *)"2001:DB8::1"};
    struct string_list dns = {names, 3}, ips = {addresses, 2}, none = {0};
    struct buffer words = {0};
    char *text = template_of(&dns, &ips);
    for (int tolerant = 0; tolerant < 2; tolerant++) {
        assert_true(read_text(text, strlen(text), tolerant, &words));
        assert_string_equal(words.data,
                            "accepted\n"
                            "= cert rsa-2048 sha256\n"
                            "= subject 2.5.4.3=mail.example.org\n"
                            "= valid 2026-11-24 00:00:00 UTC to 2029-02-25 00:00:00 UTC\n"
                            "= friendly mail.example.org\n"
                            "= purposes 1.3.6.1.5.5.7.3.1\n"
                            "= names DNS:mail.example.org DNS:mailserver "
                            "DNS:xn--bcher-kva.example.org IP:192.0.2.5 IP:2001:db8::1\n");
        buffer_clear(&words);
    }
    /* Every line ends as Windows' editors want it. */
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        assert_int_equal(at[-1], '\r');
    free(text);
    text = template_of(NULL, &ips);
    assert_true(read_text(text, strlen(text), false, &words));
    assert_int_equal(strncmp(words.data, "accepted\n= ", 11), 0);
    assert_non_null(strstr(words.data, "2.5.4.3=192.0.2.5\n"));
    buffer_clear(&words);
    free(text);
    char longest[] = "a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.a2345";
    names[0] = longest;
    dns.count = 1;
    text = template_of(&dns, &none);
    assert_true(read_text(text, strlen(text), false, &words));
    assert_int_equal(strncmp(words.data, "accepted\n= ", 11), 0);
    assert_non_null(strstr(words.data, "2.5.4.3=Mail archive\n"));
    assert_non_null(strstr(words.data, longest));
    free(text);
    buffer_finish(&words);
}

/* The other type it explains: the validity is noted to say nothing then. */
static void template_becomes_a_request(void **state) {
    (void)state;
    char *names[] = {(char *)"mail.example.org"};
    struct string_list dns = {names, 1};
    struct buffer words = {0}, changed = {0};
    char *text = template_of(&dns, NULL), *type = strstr(text, "RequestType = Cert\r\n");
    assert_non_null(type);
    *type = '\0';
    buffer_printf(&changed, "%sRequestType = PKCS10%s", text, type + strlen("RequestType = Cert"));
    assert_true(read_text(changed.data, changed.size, false, &words));
    assert_non_null(strstr(words.data, "accepted\nnote "));
    assert_non_null(strstr(words.data, "= pkcs10 "));
    assert_null(strstr(words.data, "warning"));
    free(text);
    buffer_finish(&changed);
    buffer_finish(&words);
}

static void template_needs_names_that_are_some(void **state) {
    (void)state;
    char *wrong[] = {(char *)"192.0.2.5"}, *right[] = {(char *)"mail.example.org"};
    struct string_list address = {wrong, 1}, name = {right, 1};
    struct buffer text = {0};
    struct error err = {0};
    assert_false(request_inf_template(NULL, NULL, &text, &err));
    assert_non_null(strstr(err.text, "a name or an address"));
    assert_false(request_inf_template(&address, NULL, &text, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(request_inf_template(&name, &name, &text, &err));
    assert_non_null(strstr(err.text, "is no address"));
    assert_int_equal(text.size, 0);
}

/* "test_request_inf strict|tolerant|weak FILE" shows what comes of a file, to write the table by.
 */
static int show(const char *mode, const char *path) {
    struct buffer words = {0};
    struct blob bytes = {0};
    struct error err = {0};
    const struct request_inf_options options = {.tolerant = strcmp(mode, "tolerant") == 0,
                                                .allow_weak = strcmp(mode, "weak") == 0,
                                                .now = now};
    if (!file_read(path, REQUEST_INF_LIMIT, &bytes, NULL, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    words_of_request(&bytes, &options, &words);
    fputs(words.data, stdout);
    blob_finish(&bytes);
    buffer_finish(&words);
    return 0;
}

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_is_read_as_expected),
        cmocka_unit_test(what_is_accepted_can_be_made),
        cmocka_unit_test(dates_are_read_as_people_write_them),
        cmocka_unit_test(periods_go_by_the_calendar),
        cmocka_unit_test(a_file_has_a_size_and_a_field_too),
        cmocka_unit_test(so_many_mistakes_end_the_reading),
        cmocka_unit_test(tokens_do_not_grow_without_end),
        cmocka_unit_test(template_is_read_without_a_remark),
        cmocka_unit_test(template_becomes_a_request),
        cmocka_unit_test(template_needs_names_that_are_some),
    };
    return count == 3 ? show(arguments[1], arguments[2])
                      : cmocka_run_group_tests(tests, NULL, NULL);
}
