#include "lab/page_rows.h"

#include "lab/report_words.h"
#include "lab/scenario.h"

#include <stdio.h>
#include <string.h>

struct words {
    const char *word, *text;
};

/* The text that belongs to a word, or NULL. */
static const char *find(const struct words *table, size_t count, const char *word) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].word, word) == 0)
            return table[i].text;
    return NULL;
}
#define FIND(table, word) find(table, sizeof(table) / sizeof *(table), word)

/* ---- groups ---- */

static const struct {
    const char *name, *question;
} groups[LAB_GROUPS] = {
    [LAB_NAMES] = {TEXT("Names"), TEXT("Is the certificate for the host that was asked for?")},
    [LAB_TIME] = {TEXT("Time"), TEXT("Does the certificate, and each above it, hold now?")},
    [LAB_ISSUER] = {TEXT("Issuer"),
                    TEXT("Does the path lead to a trust anchor, and has anything been revoked?")},
    [LAB_PURPOSE] = {TEXT("Purpose and strength"),
                     TEXT("May the key be used for this, and is it strong enough?")},
    [LAB_PROTOCOL] = {TEXT("Protocol"), TEXT("What the server does beside showing a certificate.")},
};

void page_groups(const struct page *page) {
    page_say_in(page, "<nav aria-label=\"", TEXT("Groups of scenarios"), "\">\n<ul>\n");
    for (int i = 0; i < LAB_GROUPS; i++) {
        buffer_printf(page->out, "<li><a href=\"#%s\">", lab_group_word((enum lab_group)i));
        page_say_in(page, "", groups[i].name, "</a></li>\n");
    }
    page_html(page, "</ul>\n</nav>\n");
}

/* ---- what a client did ---- */

static const struct words verdicts[] = {
    {"undetermined", TEXT("Undetermined")},
    {"refused-rightly", TEXT("Refused, rightly")},
    {"accepted-rightly", TEXT("Accepted, rightly")},
    {"accepted-wrongly", TEXT("Accepted what it must refuse")},
    {"refused-wrongly", TEXT("Refused what is fine")},
    {"refused-freely", TEXT("Refused, as it may")},
    {"accepted-freely", TEXT("Accepted, as it may")},
};

static const struct words ends[] = {
    {"alert", TEXT("alert `{}`")},
    {"nothing-common", TEXT("nothing in common with the server")},
    {"left", TEXT("left without a word")},
    {"finished", TEXT("left after the handshake, without a request")},
    {"late", TEXT("waited until the server gave up")},
    {"broken", TEXT("broke the protocol")},
};

static void write_outcome(const struct page *page, const json_t *result) {
    const char *const alert[] = {report_word(result, "alert"), NULL};
    const char *version = report_word(result, "version");
    const char *end = FIND(ends, report_word(result, "end"));
    const char *verdict = FIND(verdicts, report_word(result, "verdict"));
    if (!verdict) {
        page_say(page, TEXT("Not tried yet"));
        return;
    }
    page_say_in(page, "<strong>", verdict, "</strong>");
    if (end) {
        page_html(page, " – ");
        page_say_with(page, end, alert);
    }
    if (version[0]) {
        page_html(page, end ? ", " : " – ");
        page_plain(page, version);
    }
}

/* ---- scenarios ---- */

/* Seen at a glance, and by shape as well as by colour; the words stand beside it. */
static const struct {
    const char *style, *path;
} pictures[PAGE_SCORES] = {
    [PAGE_NOT_TRIED] = {"open", "M7 12h10"},
    [PAGE_RIGHT] = {"good", "m6 12.5 4 4 8-9"},
    [PAGE_UNDETERMINED] = {"unsure", "M9 9.5a3 3 0 1 1 4.5 2.5c-1 .6-1.5 1.2-1.5 2.2m0 3.3v.1"},
    [PAGE_WRONG] = {"bad", "m7 7 10 10M17 7 7 17"},
};

static const struct words expectations[] = {
    {"refuse", TEXT("must be refused")},
    {"accept", TEXT("is to be accepted")},
    {"either", TEXT("either is right")},
};

static void write_heading(const struct page *page, const json_t *scenario) {
    const char *expected = report_word(scenario, "expected");
    const char *text = FIND(expectations, expected);
    page_html(page, "<h3><a href=\"");
    page_plain(page, report_word(scenario, "url"));
    page_html(page, "\">");
    page_plain(page, report_word(scenario, "scenario"));
    page_html(page, "</a> <span class=\"expected\">");
    page_say_in(page, "", text ? text : expected, "</span></h3>\n");
}

/* A sentence of the table, which may have a translation. */
static void write_text(const struct page *page, const char *english) {
    page_plain(page, lab_text(page->language, english));
}

static void write_what(const struct page *page, const json_t *scenario) {
    json_int_t connections = json_integer_value(json_object_get(scenario, "connections"));
    page_html(page, "<p>");
    write_text(page, report_word(scenario, "what"));
    if (connections > 1) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)connections);
        const char *const values[] = {number, NULL};
        page_html(page, " ");
        page_say_with(page, TEXT("It takes {} connections."), values);
    }
    page_html(page, "</p>\n");
}

static void write_scenario(const struct page *page, const json_t *scenario, const json_t *result) {
    enum page_score score = page_score_of(result);
    buffer_printf(page->out, "<li class=\"%s\" id=\"", pictures[score].style);
    page_plain(page, report_word(scenario, "scenario"));
    buffer_printf(page->out,
                  "\">\n<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"%s\"/></svg>\n",
                  pictures[score].path);
    write_heading(page, scenario);
    write_what(page, scenario);
    page_say_in(page, "<dl>\n<div><dt>", TEXT("Right client"), "</dt><dd>");
    write_text(page, report_word(scenario, "right"));
    page_say_in(page, "</dd></div>\n<div><dt>", TEXT("Your client"), "</dt><dd>");
    write_outcome(page, result);
    page_say_in(page, "</dd></div>\n<div><dt>", TEXT("Source"), "</dt><dd lang=\"en\">");
    page_plain(page, report_word(scenario, "source"));
    page_html(page, "</dd></div>\n</dl>\n</li>\n");
}

static void write_group(const struct page *page, enum lab_group group, const json_t *scenarios,
                        const struct page_own *own) {
    const char *word = lab_group_word(group);
    buffer_printf(page->out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", word, word);
    page_say_in(page, "", groups[group].name, "</h2>\n<p>");
    page_say_in(page, "", groups[group].question, "</p>\n<ul class=\"checks\">\n");
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *scenario = json_array_get(scenarios, i);
        if (strcmp(report_word(scenario, "group"), word) == 0)
            write_scenario(page, scenario,
                           page_own_result(own, i, report_word(scenario, "scenario")));
    }
    page_html(page, "</ul>\n</section>\n");
}

void page_scenarios(const struct page *page, const json_t *scenarios, const struct page_own *own) {
    for (int group = 0; group < LAB_GROUPS; group++)
        write_group(page, (enum lab_group)group, scenarios, own);
}
