/* lab/page.c: whose results a visitor sees, in which language, and that nothing of a client's
 * becomes HTML. */
#include "lab/page.h"

#include "lab/request.h"
#include "lab/texts.h"
#include "lab_page_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t scenario(const char *name) {
    size_t i = 0;
    assert_true(lab_scenario_find(name, &i));
    return i;
}

/* The page's own words about one scenario; freed by the caller. */
static char *row_of(const struct buffer *page, const char *name) {
    char mark[80];
    snprintf(mark, sizeof mark, "id=\"%s\">", name);
    const char *row = strstr(page->data, mark);
    assert_non_null(row);
    const char *end = strstr(row, "</li>");
    assert_non_null(end);
    return strndup(row, (size_t)(end - row));
}

static void assert_row(const struct lab_record *record, const struct lab_page_visitor *visitor,
                       const char *name, const char *words) {
    struct buffer page = page_of(record, visitor);
    char *row = row_of(&page, name);
    if (!strstr(row, words))
        fail_msg("“%s” is not in: %s", words, row);
    free(row);
    buffer_finish(&page);
}

static bool says(const struct lab_record *record, const struct lab_page_visitor *visitor,
                 const char *words) {
    struct buffer page = page_of(record, visitor);
    bool found = strstr(page.data, words) != NULL;
    buffer_finish(&page);
    return found;
}

static struct lab_record *record_of(const struct lab_observation *seen, size_t count) {
    struct lab_record *record = NULL;
    assert_true(lab_record_create(&record, NULL));
    for (size_t i = 0; i < count; i++)
        lab_record_note(record, &seen[i]);
    return record;
}

/* Two clients at one address: the visitor's own counts, not the other's, which did worse. */
static void the_visitors_own_client_is_found(void **state) {
    (void)state;
    size_t right = scenario("right"), wrong = scenario("wrong-host");
    const struct lab_observation seen[] = {
        observed(right, LAB_END_ASKED, "192.0.2.7", "aa", "Browser/1.0"),
        observed(wrong, LAB_END_ALERT, "192.0.2.7", "aa", ""),
        observed(wrong, LAB_END_ASKED, "192.0.2.7", "bb", "Careless/1.0"),
        observed(scenario("tls-1-2"), LAB_END_ASKED, "192.0.2.8", "aa", "Browser/1.0"),
    };
    struct lab_record *record = record_of(seen, sizeof seen / sizeof *seen);
    const struct lab_page_visitor own = {WEB_ENGLISH, "192.0.2.7", "Browser/1.0"};
    assert_row(record, &own, "right", "Accepted, rightly");
    assert_row(record, &own, "wrong-host", "Refused, rightly");
    assert_row(record, &own, "wrong-host", "alert <code>unknown_ca</code>, TLS 1.3");
    assert_row(record, &own, "tls-1-2", "Not tried yet");
    assert_true(says(record, &own, "“Browser/1.0”, as your browser does"));
    lab_record_destroy(record);
}

/* Whoever is not found by its name gets all of its address, the worst of each, and is told. */
static void else_all_at_the_address_are_shown(void **state) {
    (void)state;
    size_t right = scenario("right"), wrong = scenario("wrong-host");
    const struct lab_observation seen[] = {
        observed(wrong, LAB_END_ALERT, "192.0.2.7", "aa", ""),
        observed(wrong, LAB_END_ASKED, "192.0.2.7", "bb", "Careless/1.0"),
        observed(right, LAB_END_ASKED, "192.0.2.7", "bb", ""),
        observed(right, LAB_END_FINISHED, "192.0.2.7", "cc", ""),
    };
    struct lab_record *record = record_of(seen, sizeof seen / sizeof *seen);
    const char *const agents[] = {"Browser/1.0", "", NULL};
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++) {
        const struct lab_page_visitor visitor = {WEB_ENGLISH, "192.0.2.7", agents[i]};
        assert_row(record, &visitor, "wrong-host", "Accepted what it must refuse");
        assert_row(record, &visitor, "right", "Undetermined");
        assert_true(says(record, &visitor, "calls itself what your browser does"));
        assert_true(says(record, &visitor, "(clients: 3)"));
    }
    const struct lab_page_visitor elsewhere = {WEB_ENGLISH, "192.0.2.9", "Careless/1.0"};
    assert_row(record, &elsewhere, "wrong-host", "Not tried yet");
    assert_true(says(record, &elsewhere, "Nobody at the address 192.0.2.9"));
    lab_record_destroy(record);
}

/* In the record stands no more of a name than there is room for, and nothing but ASCII. */
static void a_long_name_is_found(void **state) {
    (void)state;
    char said[300], noted[LAB_AGENT_SIZE];
    memset(said, 'x', sizeof said);
    memcpy(said, " \xC3\xA9", 3);
    said[sizeof said - 1] = '\0';
    memset(noted, 'x', sizeof noted);
    noted[sizeof noted - 1] = '\0';
    const struct lab_observation seen = observed(0, LAB_END_ASKED, "192.0.2.7", "aa", noted);
    struct lab_record *record = record_of(&seen, 1);
    const struct lab_page_visitor visitor = {WEB_ENGLISH, "192.0.2.7", said};
    assert_true(says(record, &visitor, "as your browser does."));
    lab_record_destroy(record);
}

static void sums_are_of_what_is_shown(void **state) {
    (void)state;
    const struct lab_observation seen[] = {
        observed(scenario("right"), LAB_END_ASKED, "192.0.2.7", "aa", "Browser/1.0"),
        observed(scenario("wrong-host"), LAB_END_ASKED, "192.0.2.7", "aa", ""),
        observed(scenario("expired-yesterday"), LAB_END_ALERT, "192.0.2.7", "aa", ""),
        observed(scenario("changes"), LAB_END_ASKED, "192.0.2.7", "aa", ""),
    };
    struct lab_record *record = record_of(seen, sizeof seen / sizeof *seen);
    const struct lab_page_visitor visitor = {WEB_ENGLISH, "192.0.2.7", "Browser/1.0"};
    char not_tried[80];
    snprintf(not_tried, sizeof not_tried, "<dt>not tried</dt><dd>%zu</dd>",
             lab_scenario_count() - 4);
    assert_true(says(record, &visitor, "<dt>right</dt><dd>2</dd>"));
    assert_true(says(record, &visitor, "<dt>wrong</dt><dd>1</dd>"));
    assert_true(says(record, &visitor, "<dt>undetermined</dt><dd>1</dd>"));
    assert_true(says(record, &visitor, not_tried));
    lab_record_destroy(record);
}

static void refusing_everything_is_told(void **state) {
    (void)state;
    struct lab_record *record = record_of_everything();
    const struct lab_page_visitor trusting = {WEB_ENGLISH, "192.0.2.7", HOSTILE_AGENT},
                                  distrusting = {WEB_ENGLISH, "192.0.2.8", NULL};
    assert_true(says(record, &distrusting, "does not trust the laboratory&#39;s authority"));
    assert_false(says(record, &trusting, "does not trust the laboratory&#39;s authority"));
    lab_record_destroy(record);
}

static void nothing_of_others_is_html(void **state) {
    (void)state;
    struct lab_record *record = record_of_everything();
    for (int i = 0; i < WEB_LANGUAGES; i++) {
        const struct lab_page_visitor visitor = {(enum web_language)i, "192.0.2.7", HOSTILE_AGENT};
        assert_false(says(record, &visitor, "<script"));
        assert_true(says(record, &visitor, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
        assert_false(says(record, &visitor, "<b>run"));
    }
    lab_record_destroy(record);
}

/* ---- translations ---- */

static bool is_translated(enum web_language language, const char *english) {
    return lab_text(language, english) != english;
}

static void every_scenario_is_translated(void **state) {
    (void)state;
    static const enum web_language languages[] = {WEB_FRENCH, WEB_GERMAN};
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        for (size_t k = 0; k < sizeof languages / sizeof *languages; k++) {
            assert_true(is_translated(languages[k], row->what));
            assert_true(is_translated(languages[k], row->right));
        }
        assert_false(is_translated(WEB_ENGLISH, row->what));
    }
    assert_string_equal(lab_text(WEB_GERMAN, "of no scenario"), "of no scenario");
}

/* What a right client does begins with the verdict in every language. */
static void translations_keep_the_verdict(void **state) {
    (void)state;
    static const struct {
        const char *english, *french, *german;
    } verdicts[] = {
        {"Refuses it", "Le refuse", "Lehnt es ab"},
        {"Accepts it", "L’accepte", "Akzeptiert es"},
        {"May do either", "Peut faire les deux", "Darf beides"},
        {"Gives up", "Renonce", "Gibt "},
    };
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const char *right = lab_scenario_at(i)->right;
        for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++) {
            const char *french = lab_text(WEB_FRENCH, right), *german = lab_text(WEB_GERMAN, right);
            if (strncmp(right, verdicts[k].english, strlen(verdicts[k].english)) != 0)
                continue;
            assert_ptr_equal(strstr(french, verdicts[k].french), french);
            assert_ptr_equal(strstr(german, verdicts[k].german), german);
        }
    }
}

static void pages_speak_the_visitors_language(void **state) {
    (void)state;
    struct lab_record *record = record_of_everything();
    const struct lab_page_visitor french = {WEB_FRENCH, "192.0.2.7", HOSTILE_AGENT},
                                  german = {WEB_GERMAN, "192.0.2.7", HOSTILE_AGENT};
    assert_row(record, &german, "expired-yesterday",
               "Das Zertifikat ist vor einem Tag abgelaufen.");
    assert_row(record, &german, "right", "Zu Recht akzeptiert");
    assert_row(record, &french, "expired-yesterday", "Le certificat a expiré il y a un jour.");
    lab_record_destroy(record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_visitors_own_client_is_found),
        cmocka_unit_test(else_all_at_the_address_are_shown),
        cmocka_unit_test(a_long_name_is_found),
        cmocka_unit_test(sums_are_of_what_is_shown),
        cmocka_unit_test(refusing_everything_is_told),
        cmocka_unit_test(nothing_of_others_is_html),
        cmocka_unit_test(every_scenario_is_translated),
        cmocka_unit_test(translations_keep_the_verdict),
        cmocka_unit_test(pages_speak_the_visitors_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
