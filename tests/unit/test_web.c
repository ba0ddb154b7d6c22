/* web/: what is negotiated, what is escaped, what the rendered pages say. */
#include "shown_page.h"
#include "web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void languages_are_chosen(void **state) {
    (void)state;
    static const struct {
        const char *field;
        enum web_language wanted;
    } cases[] = {
        {NULL, WEB_ENGLISH},
        {"", WEB_ENGLISH},
        {"de", WEB_GERMAN},
        {"fr", WEB_FRENCH},
        {"DE-at", WEB_GERMAN},
        {"fr-CA, en;q=0.5", WEB_FRENCH},
        {"en-GB,en;q=0.9,de;q=0.8", WEB_ENGLISH},
        {"de-DE-1996", WEB_GERMAN},
        {"ja, fr;q=0.3, de;q=0.31", WEB_GERMAN},
        {"ja", WEB_ENGLISH},
        /* the earlier wins a tie */
        {"fr, de", WEB_FRENCH},
        {"de, fr", WEB_GERMAN},
        {"de;q=0.5,en;q=0.5", WEB_GERMAN},
        /* a dialect asked for first outranks another language */
        {"de-AT, en;q=0.9, de;q=0.8", WEB_GERMAN},
        /* zero excludes; of a dialect, only the dialect */
        {"en;q=0, de;q=0.1", WEB_GERMAN},
        {"de;q=0, fr;q=0.001", WEB_FRENCH},
        {"de;q=0, de-AT, fr;q=0.1", WEB_FRENCH},
        {"de-AT;q=0, de;q=0.3, fr;q=0.2", WEB_GERMAN},
        {"en;q=0.0, fr;q=0.000", WEB_ENGLISH}, /* nothing left: the default */
        /* any other */
        {"*", WEB_ENGLISH},
        {"en;q=0, *", WEB_FRENCH},
        {"en;q=0.2, fr;q=0.2, *;q=0.3", WEB_GERMAN},
        {"*;q=0.5, fr", WEB_FRENCH},
        {"ja, *;q=0.1, de;q=0.05", WEB_ENGLISH},
        {"de-AT;q=0, *", WEB_ENGLISH},
        /* spaces and empty elements (RFC 9110, 5.6.1) */
        {" ,, \tde ; q=0.9 ,", WEB_GERMAN},
        {"de;Q=0.4, fr;Q=0.5", WEB_FRENCH},
        {"fr;q=1.000, de;q=0.999", WEB_FRENCH},
        {"fr;q=1., de", WEB_FRENCH},
        /* what breaks the grammar counts for nothing */
        {"de;q=2, fr;q=0.1", WEB_FRENCH},
        {"de;q=1.001, fr;q=0.1", WEB_FRENCH},
        {"de;q=0.1234, fr;q=0.1", WEB_FRENCH},
        {"de;q=-1, fr;q=0.1", WEB_FRENCH},
        {"de;q=, fr;q=0.1", WEB_FRENCH},
        {"de;q=.9, fr;q=0.1", WEB_FRENCH},
        {"de;q=1e9, fr;q=0.1", WEB_FRENCH},
        {"de;q=99999999999999999999, fr;q=0.1", WEB_FRENCH},
        {"de;level=1, fr;q=0.1", WEB_FRENCH},
        {"de en, fr;q=0.1", WEB_FRENCH},
        {"deu, fr;q=0.1", WEB_FRENCH},
        {"d, fr;q=0.1", WEB_FRENCH},
        {"de_DE, fr;q=0.1", WEB_FRENCH},
        {";q=1, fr;q=0.1", WEB_FRENCH},
        {";;;,,,===***", WEB_ENGLISH},
        {"\xff\xfe\x80, fr", WEB_FRENCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum web_language got = web_language_choose(cases[i].field);
        if (got != cases[i].wanted)
            fail_msg("“%s”: %s, wanted %s", cases[i].field, web_language_tag(got),
                     web_language_tag(cases[i].wanted));
    }
}

static void codings_are_chosen(void **state) {
    (void)state;
    static const struct {
        const char *field;
        enum web_coding wanted;
    } cases[] = {
        {NULL, WEB_IDENTITY},
        {"", WEB_IDENTITY},
        {"gzip", WEB_GZIP},
        {"x-gzip", WEB_GZIP},
        {"br", WEB_BROTLI},
        {"GZip, BR", WEB_BROTLI},
        {"gzip, deflate, br, zstd", WEB_BROTLI},
        {"gzip, deflate", WEB_GZIP},
        {"deflate, zstd", WEB_IDENTITY},
        {"identity", WEB_IDENTITY},
        {"br;q=0.5, gzip", WEB_GZIP},
        {"br;q=0.5, gzip;q=0.5", WEB_BROTLI},
        {"br;q=0, gzip;q=0.1", WEB_GZIP},
        {"br;q=0, gzip;q=0", WEB_IDENTITY},
        {"gzip;q=0.001", WEB_GZIP},
        {"identity;q=1, gzip;q=0.5", WEB_IDENTITY},
        {"identity;q=0.5, gzip;q=0.5", WEB_GZIP},
        {"identity;q=0", WEB_IDENTITY}, /* nothing acceptable: as it stands */
        {"identity;q=0, gzip;q=0.1", WEB_GZIP},
        {"*", WEB_BROTLI},
        {"*;q=0", WEB_IDENTITY},
        {"*;q=0, gzip", WEB_GZIP},
        {"br;q=0, *", WEB_GZIP},
        {"gzip, *;q=0.5", WEB_GZIP},
        {"gzip;q=0.5, *;q=0.7", WEB_BROTLI},
        {"gzip;q=1.5, br;q=0.1", WEB_BROTLI},
        {"gzip;q=0.5;x=1, br;q=0.1", WEB_BROTLI},
        {"gzipped, brotli", WEB_IDENTITY},
        {"gz", WEB_IDENTITY},
        {"br gzip", WEB_IDENTITY},
        {"\x01\x02;q=0,\xff", WEB_IDENTITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum web_coding got = web_coding_choose(cases[i].field);
        if (got != cases[i].wanted)
            fail_msg("“%s”: %d, wanted %d", cases[i].field, got, cases[i].wanted);
    }
}

static void text_is_escaped(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"mail.example.org", "mail.example.org"},
        {"größe 日本 😀", "größe 日本 😀"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"a\" onload='x' & b", "a&quot; onload=&#39;x&#39; &amp; b"},
        {"&amp;", "&amp;amp;"},
        {"{{=host}}", "{{=host}}"},
        {"a\tb\r\nc\x1b\x7f", "a\uFFFDb\uFFFD\uFFFDc\uFFFD\uFFFD"},
        {"\xc2\x85", "\uFFFD"},                             /* C1 */
        {"gpj.\u202Eexe\u202C", "gpj.\uFFFDexe\uFFFD"},     /* turned around */
        {"\xff<\xc0\xbc", "\uFFFD&lt;\uFFFD\uFFFD"},        /* no UTF-8, an overlong < */
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},             /* half of a surrogate pair */
        {"\xe2\x82", "\uFFFD\uFFFD"},                       /* cut short */
        {"\xf0\x9f\x98<b>", "\uFFFD\uFFFD\uFFFD&lt;b&gt;"}, /* hides nothing after it */
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct buffer out = {0};
        web_escape(&out, pairs[i][0]);
        char *got = buffer_take(&out);
        assert_string_equal(got ? got : "", pairs[i][1]);
        free(got);
    }
}

static void assets_are_found(void **state) {
    (void)state;
    static const char *const pages[] = {"/", "/password", "/placeholder"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const struct web_asset *page = web_asset_find(pages[i]);
        assert_non_null(page);
        assert_string_equal(page->content_type, "text/html; charset=utf-8");
        assert_true(page->by_language);
        assert_false(page->immutable);
        assert_string_not_equal(page->bodies[WEB_FRENCH][WEB_IDENTITY].etag,
                                page->bodies[WEB_GERMAN][WEB_IDENTITY].etag);
    }
    assert_non_null(web_asset_find("/favicon.ico"));
    assert_string_equal(web_asset_find(web_asset_path("style.css"))->content_type,
                        "text/css; charset=utf-8");
    assert_non_null(web_asset_find(web_asset_path("logo.svg")));
    static const char *const none[] = {"",   "/connection", "/Password",   "/password/",
                                       "//", "/style",      "/../password"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(web_asset_find(none[i]));
    for (size_t i = 0; i < web_asset_count(); i++) {
        const struct web_asset *asset = web_asset_at(i);
        assert_ptr_equal(web_asset_find(asset->path), asset);
        for (int language = 0; language < WEB_LANGUAGES; language++)
            assert_non_null(asset->bodies[language][WEB_IDENTITY].data);
    }
}

static const char *const names[] = {"mail.example.org", "192.0.2.25", NULL};

static const struct web_connection connection = {
    .host = "mail.example.org",
    .server_name = "mail.example.org",
    .local_address = "192.0.2.25",
    .local_port = 8462,
    .client_address = "192.0.2.70",
    .service = "web-access",
    .tls_version = "TLS 1.3",
    .cipher = "AES-256-GCM",
    .name_covered = true,
    .entry = "MailStoreServer",
    .subject = "CN=MailStoreServer",
    .issuer = "CN=An issuer",
    .names = names,
    .not_before = 1780000000,
    .not_after = 1800000000,
    .now = 1795514400,
    .key = "ECDSA P-256",
    .serial = "0A1B2C",
    .fingerprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                   "FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00",
    .thumbprint = "A0:A1:A2:A3:A4:A5:A6:A7:A8:A9:AA:AB:AC:AD:AE:AF:B0:B1:B2:B3",
};

static char *render(enum web_language language, const struct web_connection *shown) {
    struct buffer out = {0};
    web_connection_render(language, shown, &out);
    return page_take(&out);
}

static void connection_is_told(void **state) {
    (void)state;
    static const char *const shown[] = {"<html lang=\"en\">",
                                        "The name matches",
                                        "<strong>mail.example.org</strong>",
                                        "<dd>192.0.2.25</dd>",
                                        "<dd>8462</dd>",
                                        "<dd>192.0.2.70</dd>",
                                        "<dd>web-access</dd>",
                                        "<dd>TLS 1.3</dd>",
                                        "<dd>AES-256-GCM</dd>",
                                        "<dd>no</dd>",
                                        "<dd>MailStoreServer</dd>",
                                        "<dd>CN=MailStoreServer</dd>",
                                        "<dd>CN=An issuer</dd>",
                                        "<ul><li>mail.example.org</li><li>192.0.2.25</li></ul>",
                                        "within its dates",
                                        "valid until 2027-01-15 08:00:00 UTC. Days left: 52.",
                                        "<dd>ECDSA P-256</dd>",
                                        "0A1B2C",
                                        "<span>00:11:22:33:</span><span>44:55:66:77:</span>",
                                        "<span>33:22:11:00</span>",
                                        "<span>A0:A1:A2:A3:</span>",
                                        "<span>B0:B1:B2:B3</span>"};
    char *page = render(WEB_ENGLISH, &connection);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_shows(page, shown[i]);
    assert_hides(page, "does not match");
    assert_hides(page, "expired");
    free(page);
}

static void verdicts_follow_the_facts(void **state) {
    (void)state;
    struct web_connection changed = connection;
    changed.name_covered = false;
    changed.resumed = true;
    changed.now = changed.not_after + 86400;
    char *page = render(WEB_GERMAN, &changed);
    assert_shows(page, "<html lang=\"de\">");
    assert_shows(page, "Der Name stimmt nicht überein");
    assert_shows(page, "Das Zertifikat ist abgelaufen");
    assert_shows(page, "Seitdem vergangene Tage: 1.");
    assert_shows(page, "<dd>ja</dd>");
    assert_hides(page, "stimmt überein");
    assert_hides(page, "derzeit gültig");
    free(page);

    changed = connection;
    changed.now = changed.not_before - 1;
    page = render(WEB_FRENCH, &changed);
    assert_shows(page, "Le certificat n’est pas encore valable");
    assert_hides(page, "en cours de validité");
    assert_hides(page, "a expiré");
    free(page);

    /* The very seconds of its bounds are within it (RFC 5280, 4.1.2.5). */
    const int64_t bounds[] = {connection.not_before, connection.not_after};
    for (size_t i = 0; i < 2; i++) {
        changed.now = bounds[i];
        page = render(WEB_ENGLISH, &changed);
        assert_shows(page, "within its dates");
        free(page);
    }
}

static void hostile_values_are_harmless(void **state) {
    (void)state;
    static const char evil[] = "\"><script src=//evil>\x01\x80{{=host}}";
    static const char *const evil_names[] = {evil, "", evil, NULL};
    const struct web_connection hostile = {
        .host = evil,
        .server_name = evil,
        .local_address = evil,
        .client_address = evil,
        .service = evil,
        .tls_version = evil,
        .cipher = evil,
        .entry = evil,
        .subject = evil,
        .issuer = evil,
        .names = evil_names,
        .not_before = INT64_MIN,
        .not_after = INT64_MAX,
        .now = INT64_MIN,
        .key = evil,
        .serial = evil,
        .fingerprint = evil,
        .thumbprint = evil,
    };
    for (int language = 0; language < WEB_LANGUAGES; language++) {
        char *page = render((enum web_language)language, &hostile);
        assert_hides(page, "<script");
        assert_hides(page, "\x01");
        assert_hides(page, "\x80{");
        assert_shows(page, "&quot;&gt;&lt;script src=//evil&gt;\uFFFD\uFFFD{{=host}}");
        free(page);
    }
}

static void missing_values_are_legal(void **state) {
    (void)state;
    const struct web_connection empty = {0};
    char *page = render(WEB_ENGLISH, &empty);
    assert_shows(page, "No name to compare");
    assert_shows(page, "none sent");
    assert_shows(page, "None. Chrome, Edge and Firefox refuse");
    assert_hides(page, "The name matches");
    assert_hides(page, "does not match");
    free(page);

    char longer[600];
    memset(longer, 'A', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    struct web_connection changed = connection;
    changed.fingerprint = longer;
    page = render(WEB_ENGLISH, &changed);
    assert_shows(page, "<span>AAAAAAAAAAAA</span>");
    free(page);
}

static void errors_are_explained(void **state) {
    (void)state;
    static const unsigned statuses[] = {400, 404, 405, 408, 413, 414, 417, 431, 500, 503};
    for (int language = 0; language < WEB_LANGUAGES; language++) {
        struct buffer other = {0};
        web_error_render((enum web_language)language, 418, &other);
        assert_shows(other.data, "418");
        char *title =
            strndup(strstr(other.data, "<h1>"), strcspn(strstr(other.data, "<h1>"), "\n"));
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
            struct buffer page = {0};
            char number[8];
            web_error_render((enum web_language)language, statuses[i], &page);
            snprintf(number, sizeof number, " %u<", statuses[i]);
            assert_shows(page.data, number);
            assert_hides(page.data, title); /* each has words of its own */
            buffer_finish(&page);
        }
        free(title);
        buffer_finish(&other);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages_are_chosen),
        cmocka_unit_test(codings_are_chosen),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(assets_are_found),
        cmocka_unit_test(connection_is_told),
        cmocka_unit_test(verdicts_follow_the_facts),
        cmocka_unit_test(hostile_values_are_harmless),
        cmocka_unit_test(missing_values_are_legal),
        cmocka_unit_test(errors_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
