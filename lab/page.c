#include "lab/page.h"

#include "lab/page_own.h"
#include "lab/page_rows.h"
#include "lab/page_text.h"
#include "lab/report_words.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 24 };

/* ---- frame ---- */

/* As web/pages/layout.html, without what is not served here. */
static void write_head(const struct page *page) {
    buffer_printf(page->out,
                  "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<meta name=\"robots\" content=\"noindex\">\n<title>",
                  web_language_tag(page->language));
    page_say(page, TEXT("Certificate laboratory"));
    buffer_printf(page->out,
                  " – mailstored</title>\n"
                  "<link rel=\"icon\" href=\"%s\" type=\"image/svg+xml\" sizes=\"any\">\n"
                  "<link rel=\"icon\" href=\"/favicon.ico\" sizes=\"32x32\">\n"
                  "<link rel=\"stylesheet\" href=\"%s\">\n</head>\n<body>\n",
                  web_asset_path("icon.svg"), web_asset_path("style.css"));
    buffer_printf(page->out,
                  "<div class=\"sheet lab\">\n<header>\n<a class=\"brand\" href=\"/\">"
                  "<img src=\"%s\" alt=\"\" width=\"48\" height=\"48\"><span>mailstored <small>",
                  web_asset_path("logo.svg"));
    page_say_in(page, "", TEXT("Laboratory"),
                "</small></span></a>\n<span class=\"postmark\"></span>\n</header>\n<main>\n");
}

static void write_foot(const struct page *page, const json_t *description) {
    const char *const values[] = {report_word(description, "run"),
                                  report_word(description, "domain"),
                                  report_word(description, "address"), NULL};
    page_html(page, "</main>\n</div>\n<footer>\n<p>");
    page_say_with(page, TEXT("Run {}: hosts in {}, at {}"), values);
    page_html(page, "</p>\n</footer>\n</body>\n</html>\n");
}

static void begin_section(const struct page *page, const char *id, const char *heading) {
    buffer_printf(page->out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
    page_say_in(page, "", heading, "</h2>\n");
}

static void write_paragraph(const struct page *page, const char *english) {
    page_say_in(page, "<p>", english, "</p>\n");
}

/* ---- the visitor's score ---- */

static void write_whose(const struct page *page, const struct lab_page_visitor *visitor,
                        const struct page_own *own) {
    char count[NUMBER_SIZE];
    snprintf(count, sizeof count, "%zu", own->count);
    const char *const by_agent[] = {visitor->address, visitor->agent, NULL};
    const char *const by_address[] = {visitor->address, count, NULL};
    const char *const none[] = {visitor->address, NULL};
    page_html(page, "<p class=\"note\">");
    if (own->count == 0)
        page_say_with(page,
                      TEXT("Nobody at the address {} has tried anything yet. Follow some of the "
                           "links below, come back, and load this page again."),
                      none);
    else if (own->by_agent)
        page_say_with(page,
                      TEXT("This is what clients at the address {} did that call themselves “{}”, "
                           "as your browser does."),
                      by_agent);
    else
        page_say_with(page,
                      TEXT("No client at the address {} calls itself what your browser does. This "
                           "is what all did that came from there (clients: {}), the worst of "
                           "them for each scenario."),
                      by_address);
    page_html(page, "</p>\n");
}

static void write_sums(const struct page *page, const unsigned sums[static PAGE_SCORES]) {
    static const struct {
        const char *style, *name;
        enum page_score score;
    } columns[] = {
        {"good", TEXT("right"), PAGE_RIGHT},
        {"bad", TEXT("wrong"), PAGE_WRONG},
        {"unsure", TEXT("undetermined"), PAGE_UNDETERMINED},
        {"open", TEXT("not tried"), PAGE_NOT_TRIED},
    };
    page_html(page, "<dl class=\"score\">\n");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        buffer_printf(page->out, "<div class=\"%s\"><dt>", columns[i].style);
        page_say(page, columns[i].name);
        buffer_printf(page->out, "</dt><dd>%u</dd></div>\n", sums[columns[i].score]);
    }
    page_html(page, "</dl>\n");
}

/* Whoever trusts nothing here refuses rightly, and says nothing by it. */
static void write_distrust(const struct page *page, const json_t *scenarios,
                           const struct page_own *own) {
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const char *name = report_word(json_array_get(scenarios, i), "scenario");
        if (strcmp(name, "right") == 0 &&
            page_score_of(page_own_result(own, i, name)) == PAGE_WRONG)
            page_say_in(page, "<p class=\"caution\">",
                        TEXT("Even the scenario `right` was refused: this client does not trust "
                             "the laboratory's authority. Until it does, its other refusals mean "
                             "nothing."),
                        "</p>\n");
    }
}

static void write_score(const struct page *page, const json_t *scenarios,
                        const struct lab_page_visitor *visitor, const struct page_own *own) {
    unsigned sums[PAGE_SCORES] = {0};
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const char *name = report_word(json_array_get(scenarios, i), "scenario");
        sums[page_score_of(page_own_result(own, i, name))]++;
    }
    begin_section(page, "score", TEXT("What your client did so far"));
    write_sums(page, sums);
    write_distrust(page, scenarios, own);
    write_whose(page, visitor, own);
    page_html(page, "</section>\n");
}

/* ---- what one has to know ---- */

static void write_counting(const struct page *page) {
    begin_section(page, "counting", TEXT("How it is counted"));
    write_paragraph(page, TEXT("The server keeps the score: it sees which alert a client sends, "
                               "whether it finishes the handshake, and whether it sends a "
                               "request."));
    page_say_in(page, "<ul>\n<li>", TEXT("Whoever sends a request has accepted."), "</li>\n");
    page_say_in(page, "<li>",
                TEXT("Whoever sends an alert, or leaves before the handshake is over, has refused. "
                     "So has one that leaves afterwards without a request, if it has sent one to "
                     "another scenario."),
                "</li>\n");
    page_say_in(page, "<li>",
                TEXT("If it never sent one, nobody can tell: undetermined, which is never counted "
                     "as right. Where both are allowed, both count as right."),
                "</li>\n</ul>\n");
    write_paragraph(page,
                    TEXT("Do not click through a warning here: your browser would then accept "
                         "what it had refused."));
    page_html(page, "</section>\n");
}

static void write_trusting(const struct page *page, const json_t *description) {
    const char *const values[] = {report_word(description, "domain"),
                                  report_word(description, "address"), NULL};
    begin_section(page, "trusting", TEXT("Before you begin: make the client trust it"));
    write_paragraph(page, TEXT("The certificates come from authorities that were made for this "
                               "laboratory alone and are thrown away with it. No page can make a "
                               "client trust them; you have to."));
    page_say_in(page, "<ul>\n<li>",
                TEXT("The trust anchors stand in `/ca.pem`. Give them to the client that you test, "
                     "as it takes its own: a browser in a profile of its own, never the one that "
                     "you work with."),
                "</li>\n");
    page_say_in(page, "<li>",
                TEXT("`mailstorectl lab files DIR` writes them into a folder, with a truststore "
                     "for Java, the host names, and a list of the scenarios."),
                "</li>\n<li>");
    page_say_with(page,
                  TEXT("All hosts are in {} and lead to {}. Browsers find names below `localhost` "
                       "by themselves; for other clients there are lines for the hosts file in "
                       "`/hosts`."),
                  values);
    page_html(page, "</li>\n</ul>\n</section>\n");
}

static void write_files(const struct page *page) {
    static const struct {
        const char *path, *what;
    } files[] = {
        {"/ca.pem", TEXT("the trust anchors, PEM")},
        {"/hosts", TEXT("lines for the hosts file")},
        {"/lab.json", TEXT("the scenarios, for programs")},
        {"/report.json", TEXT("the score of all clients")},
        {"/report.xml", TEXT("the same as JUnit XML")},
        {"/report.tap", TEXT("the same as TAP")},
    };
    begin_section(page, "files", TEXT("Files"));
    page_html(page, "<dl class=\"beside\">\n");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        buffer_printf(page->out, "<div><dt><a href=\"%s\">%s</a></dt><dd>", files[i].path,
                      files[i].path);
        page_say_in(page, "", files[i].what, "</dd></div>\n");
    }
    page_html(page, "</dl>\n</section>\n");
}

void lab_page_render(const json_t *description, const json_t *report,
                     const struct lab_page_visitor *visitor, struct buffer *out) {
    const struct page page = {visitor->language, out};
    const json_t *scenarios = json_object_get(description, "scenarios");
    struct page_own own;
    page_own_find(report, visitor, &own);
    write_head(&page);
    page_say_in(&page, "<h1>", TEXT("Certificate laboratory"), "</h1>\n");
    page_say_in(&page, "<p class=\"lead\">",
                TEXT("Does your client refuse what it must refuse, and accept what is fine? Each "
                     "scenario below is a server of its own, and right or wrong in exactly one "
                     "way."),
                "</p>\n");
    page_groups(&page);
    write_score(&page, scenarios, visitor, &own);
    page_html(&page, "<div class=\"beside\">\n");
    write_trusting(&page, description);
    write_counting(&page);
    page_html(&page, "</div>\n");
    write_files(&page);
    page_scenarios(&page, scenarios, &own);
    write_foot(&page, description);
}
