/* What /trust says: web/render_trust and web/visitor, held against the conditions of trust/. */
#include "trust/conditions.h"
#include "shown_page.h"
#include "web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 86400 };

/* ---- who visits ---- */

#define WEBKIT "AppleWebKit/605.1.15 (KHTML, like Gecko)"
#define BLINK "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"

static void visitors_are_recognised(void **state) {
    (void)state;
    static const struct {
        const char *user_agent;
        enum web_system system;
        bool is_firefox;
    } rows[] = {
        {NULL, WEB_SYSTEM_UNKNOWN, false},
        {"", WEB_SYSTEM_UNKNOWN, false},
        {"curl/7.88.1", WEB_SYSTEM_UNKNOWN, false},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " BLINK " Safari/537.36 Edg/156.0.0.0",
         WEB_WINDOWS, false},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0",
         WEB_WINDOWS, true},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " WEBKIT " Version/18.0 Safari/605.1.15",
         WEB_MACOS, false},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0",
         WEB_MACOS, true},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) " WEBKIT
         " Version/18.0 Mobile/15E148 Safari/604.1",
         WEB_IOS, false},
        {"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) " WEBKIT
         " FxiOS/153.0 Mobile/15E148 Safari/605.1.15",
         WEB_IOS, false},
        /* Every browser of iOS goes by the system, whatever it calls itself. */
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X; rv:153.0) Firefox/153.0", WEB_IOS,
         false},
        {"Mozilla/5.0 (Linux; Android 10; K) " BLINK " Mobile Safari/537.36", WEB_ANDROID, false},
        {"Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0", WEB_ANDROID, true},
        {"Mozilla/5.0 (X11; Linux x86_64) " BLINK " Safari/537.36", WEB_LINUX, false},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", WEB_LINUX, true},
        {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " BLINK " Safari/537.36", WEB_LINUX, false},
        {"Mozilla/5.0 (X11; FreeBSD amd64; rv:153.0) Gecko/20100101 Firefox/153.0",
         WEB_SYSTEM_UNKNOWN, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct web_visitor visitor = web_visitor_of(rows[i].user_agent);
        if (visitor.system != rows[i].system || visitor.is_firefox != rows[i].is_firefox)
            fail_msg("%s: system %d, Firefox %d", rows[i].user_agent, (int)visitor.system,
                     visitor.is_firefox);
    }
}

/* ---- the page ---- */

static const char *const names[] = {"mail.example.org", "192.0.2.25", NULL};
static const char *const nothing[] = {NULL};

static const struct web_trust good = {
    .host = "mail.example.org",
    .failing = nothing,
    .names = names,
    .not_before = 1793000000,
    .not_after = 1793000000 + 824LL * DAY,
    .now = 1795514400,
    .anchor = "CN=An authority",
    .file = "mine.cer",
    .is_authority = true,
    .may_issue = true,
    .anchor_not_after = 2423720000,
    .fingerprint = "00:11:22:33:44:55:66:77",
    .thumbprint = "A0:A1:A2:A3:A4:A5",
    .visitor = {.system = WEB_LINUX},
};

static char *render(enum web_language language, const struct web_trust *shown) {
    struct buffer out = {0};
    web_trust_render(language, shown, &out);
    return page_take(&out);
}

/* Also of one that is added to the table: it must be translated, and the page must say that it is
 * not met. */
static void each_condition_is_told_in_each_language(void **state) {
    (void)state;
    for (int language = 0; language < WEB_LANGUAGES; language++) {
        for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
            const char *const failing[] = {trust_conditions[i].word, NULL};
            const char *sentence =
                web_condition_text((enum web_language)language, trust_conditions[i].word);
            if (!sentence || !*sentence)
                fail_msg("condition “%s” has no words in %s", trust_conditions[i].word,
                         web_language_tag((enum web_language)language));
            struct web_trust changed = good;
            changed.failing = failing;
            char *page = render((enum web_language)language, &changed);
            char item[512];
            snprintf(item, sizeof item, "<ul class=\"failing\"><li>%s</li></ul>", sentence);
            assert_shows(page, item);
            if (i != TRUST_ISSUER)
                assert_shows(page, "<li class=\"bad\">\n");
            free(page);
        }
        assert_null(web_condition_text((enum web_language)language, "unheard-of"));
    }
}

static void all_is_well(void **state) {
    (void)state;
    char *page = render(WEB_ENGLISH, &good);
    static const char *const shown[] = {
        "without a warning, all is well",
        "The certificate has names",
        "<strong>mail.example.org</strong>, which the certificate covers",
        "Days left: 795.",
        "Only your browser knows",
        "<dd>CN=An authority</dd>",
        "2046-10-21 07:33:20 UTC",
        "the authority that issued",
        "<span>00:11:22:33:</span><span>44:55:66:77</span>",
        "<span>A0:A1:A2:A3:</span><span>A4:A5</span>",
        "<strong>mine.cer</strong>",
        "href=\"/certificate.cer\"",
        "href=\"/trust.zip\"",
        "-t C,, -n mailstored -i mine.cer",
        "sudo trust anchor mine.cer",
    };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_shows(page, shown[i]);
    static const char *const hidden[] = {"class=\"failing\"><li>The", "<li class=\"bad\">\n",
                                         "825 days", "This alone does not end",
                                         "Android may take only the certificate of an authority"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_hides(page, hidden[i]);
    free(page);
}

static void verdicts_follow_the_facts(void **state) {
    (void)state;
    static const char *const failing[] = {"used", "current", NULL};
    struct web_trust changed = good;
    changed.failing = failing;
    changed.now = changed.not_after + DAY;
    char *page = render(WEB_GERMAN, &changed);
    assert_shows(page, "Der Name stimmt nicht überein");
    assert_shows(page, "<ul class=\"names\"><li>mail.example.org</li><li>192.0.2.25</li></ul>");
    assert_shows(page, "Das Zertifikat ist abgelaufen");
    assert_shows(page, "Das allein beendet die Warnung nicht");
    assert_hides(page, "ist alles in Ordnung");
    assert_hides(page, "derzeit gültig");
    free(page);

    /* It is valid itself, so that what fails stands above it. */
    changed.now = good.now;
    page = render(WEB_ENGLISH, &changed);
    assert_shows(page, "A certificate above it is not valid today");
    assert_hides(page, "within its dates");
    assert_hides(page, "has expired</h2>");
    free(page);

    changed.now = changed.not_before - 1;
    page = render(WEB_FRENCH, &changed);
    assert_shows(page, "Le certificat n’est pas encore valable");
    assert_hides(page, "au-dessus de lui");
    free(page);

    changed = good;
    changed.host = NULL;
    changed.root = "CN=Somebody known";
    changed.may_issue = changed.is_authority = false;
    page = render(WEB_ENGLISH, &changed);
    assert_shows(page, "No name to compare");
    assert_shows(page, "that of <strong>CN=Somebody known</strong>, which this server does not");
    assert_hides(page, "class=\"button\"");
    assert_shows(page, "Android may take only the certificate of an authority");
    assert_shows(page, "-t CP,, -n mailstored");
    assert_hides(page, "trust anchor"); /* p11-kit takes it for no anchor: docs/deployment.md */
    assert_hides(page, "the authority that issued");
    free(page);
}

static void what_apple_refuses_is_told(void **state) {
    (void)state;
    for (int refuses = 0; refuses < 2; refuses++) {
        struct web_trust changed = good;
        changed.apple_refuses = refuses;
        char *page = render(WEB_ENGLISH, &changed);
        (refuses ? assert_shows : assert_hides)(page, "more than 825 days");
        free(page);
    }
}

/* Before the heading of the others stand the visitor's own steps, and those are not told twice. */
static void own_steps_come_first(void **state) {
    (void)state;
    static const struct {
        struct web_visitor visitor;
        const char *first[3];
    } rows[] = {
        {{WEB_WINDOWS, false}, {"<h3>Windows</h3>"}},
        {{WEB_WINDOWS, true}, {"<h3>Windows</h3>", "<h3>Firefox</h3>"}},
        {{WEB_MACOS, false}, {"<h3>macOS</h3>"}},
        {{WEB_IOS, false}, {"<h3>iPhone and iPad</h3>"}},
        {{WEB_ANDROID, false}, {"<h3>Android</h3>"}},
        {{WEB_ANDROID, true}, {"<h3>Android</h3>", "<h3>Firefox</h3>"}},
        {{WEB_LINUX, false}, {"<h3>Linux</h3>"}},
        {{WEB_LINUX, true}, {"<h3>Firefox</h3>"}},
        {{WEB_SYSTEM_UNKNOWN, false}, {NULL}},
    };
    enum { KINDS = 6 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct web_trust changed = good;
        changed.visitor = rows[i].visitor;
        char *page = render(WEB_ENGLISH, &changed);
        char *others = strstr(page, "<h3>Other systems");
        assert_non_null(others);
        size_t own = 0, rest = 0;
        for (; rows[i].first[own]; own++) {
            const char *heading = strstr(page, rows[i].first[own]);
            assert_non_null(heading);
            assert_true(heading < others);
        }
        for (const char *at = others; (at = strstr(at, "<details>")); at++)
            rest++;
        assert_int_equal(own + rest, KINDS);
        free(page);
    }
}

static void firefox_is_told_what_concerns_it(void **state) {
    (void)state;
    static const char *const told[] = {"On Windows and macOS, Firefox", "On Linux, open Settings",
                                       "On Android, install it"};
    enum { PIECES = sizeof told / sizeof *told };
    static const struct {
        struct web_visitor visitor;
        bool shown[PIECES];
    } rows[] = {
        {{WEB_WINDOWS, true}, {true, false, false}},
        {{WEB_MACOS, true}, {true, false, false}},
        {{WEB_LINUX, true}, {false, true, false}},
        {{WEB_ANDROID, true}, {false, false, true}},
        {{WEB_SYSTEM_UNKNOWN, true}, {true, true, true}},
        {{WEB_LINUX, false}, {true, true, true}},
        {{WEB_IOS, false}, {true, true, true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct web_trust changed = good;
        changed.visitor = rows[i].visitor;
        char *page = render(WEB_ENGLISH, &changed);
        for (size_t k = 0; k < PIECES; k++)
            (rows[i].shown[k] ? assert_shows : assert_hides)(page, told[k]);
        free(page);
    }
}

static void hostile_values_are_harmless(void **state) {
    (void)state;
    static const char evil[] = "\"><script src=//evil>\x01\x80{{=host}}";
    static const char *const evil_names[] = {evil, "", NULL};
    static const char *const evil_words[] = {"used", evil, "",     "named", "used",
                                             "used", evil, "used", "used",  "used",
                                             "used", evil, "used", "used",  NULL};
    const struct web_trust hostile = {
        .host = evil,
        .failing = evil_words,
        .names = evil_names,
        .not_before = INT64_MIN,
        .not_after = INT64_MAX,
        .now = INT64_MIN,
        .anchor = evil,
        .file = evil,
        .root = evil,
        .anchor_not_after = INT64_MAX,
        .fingerprint = evil,
        .thumbprint = evil,
    };
    for (int language = 0; language < WEB_LANGUAGES; language++) {
        char *page = render((enum web_language)language, &hostile);
        assert_hides(page, "<script src=//");
        assert_hides(page, "\x01");
        assert_hides(page, "\x80{");
        assert_shows(page, "&quot;&gt;&lt;script src=//evil&gt;\uFFFD\uFFFD{{=host}}");
        free(page);
    }
    const struct web_trust empty = {0};
    free(render(WEB_ENGLISH, &empty));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visitors_are_recognised),
        cmocka_unit_test(each_condition_is_told_in_each_language),
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(verdicts_follow_the_facts),
        cmocka_unit_test(what_apple_refuses_is_told),
        cmocka_unit_test(own_steps_come_first),
        cmocka_unit_test(firefox_is_told_what_concerns_it),
        cmocka_unit_test(hostile_values_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
