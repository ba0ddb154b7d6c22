/* What `check` tells people. */
#include "base/time_text.h"
#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/check.h"
#include "ctl/text.h"
#include "trust/family.h"

#include <string.h>

/* ---- the table of families ---- */

static const json_t *failing(const json_t *family, size_t *from) {
    const json_t *conditions = json_object_get(family, "conditions");
    while (*from < json_array_size(conditions)) {
        const json_t *one = json_array_get(conditions, (*from)++);
        if (!answer_true(one, "holds"))
            return one;
    }
    return NULL;
}

static void add_row(struct text_table *table, const json_t *family) {
    struct buffer words = {0};
    const json_t *condition = NULL;
    size_t from = 0;
    bool silent = answer_true(family, "silent");
    while ((condition = failing(family, &from)))
        buffer_printf(&words, "%s%s", words.size > 0 ? ", " : "",
                      answer_text(condition, "condition"));
    text_table_add(table, answer_text(family, "name"));
    text_table_add(table, silent                                       ? "yes"
                          : answer_true(family, "silent_once_trusted") ? "once trusted"
                                                                       : "NO");
    text_table_add(table, words.data);
    text_table_add(table, strcmp(answer_text(family, "basis"), "run") == 0 ? "by test"
                                                                           : "by documentation");
    buffer_finish(&words);
}

static void print_table(const json_t *families, struct buffer *out) {
    struct text_table table = {.columns = 4};
    const json_t *family = NULL;
    size_t i = 0;
    text_table_add(&table, "CLIENTS");
    text_table_add(&table, "SILENT");
    text_table_add(&table, "FAILS");
    text_table_add(&table, "BASIS");
    json_array_foreach(families, i, family) {
        add_row(&table, family);
    }
    text_table_print(&table, "  ", out);
    text_table_finish(&table);
}

/* ---- reasons, each once with those who have it ---- */

/* A family's finding with that condition and reason; NULL: it has none. */
static const json_t *same_reason(const json_t *family, const json_t *wanted) {
    const json_t *condition = NULL;
    size_t from = 0;
    while ((condition = failing(family, &from)))
        if (json_equal(json_object_get(condition, "condition"),
                       json_object_get(wanted, "condition")) &&
            json_equal(json_object_get(condition, "reason"), json_object_get(wanted, "reason")))
            return condition;
    return NULL;
}

static void print_names(const json_t *families, size_t first, const json_t *wanted, bool by_mend,
                        struct buffer *out) {
    const char *separator = "";
    for (size_t i = first; i < json_array_size(families); i++) {
        const json_t *family = json_array_get(families, i), *own = same_reason(family, wanted);
        if (!own ||
            (by_mend && !json_equal(json_object_get(own, "mend"), json_object_get(wanted, "mend"))))
            continue;
        buffer_printf(out, "%s%s", separator, answer_text(family, "name"));
        separator = ", ";
    }
}

static bool has_one_mend(const json_t *families, const json_t *wanted) {
    for (size_t i = 0; i < json_array_size(families); i++) {
        const json_t *own = same_reason(json_array_get(families, i), wanted);
        if (own && !json_equal(json_object_get(own, "mend"), json_object_get(wanted, "mend")))
            return false;
    }
    return true;
}

/* One for all, or each with those whom it serves. */
static void print_mends(const json_t *families, size_t first, const json_t *wanted,
                        struct buffer *out) {
    bool is_one = has_one_mend(families, wanted);
    for (size_t i = first; i < json_array_size(families); i++) {
        const json_t *own = same_reason(json_array_get(families, i), wanted);
        bool is_told = false;
        for (size_t j = first; own && j < i; j++) {
            const json_t *other = same_reason(json_array_get(families, j), wanted);
            is_told |=
                other && json_equal(json_object_get(other, "mend"), json_object_get(own, "mend"));
        }
        if (!own || is_told)
            continue;
        buffer_append_text(out, "    mend");
        if (!is_one) {
            buffer_append_text(out, " in ");
            print_names(families, i, own, true, out);
        }
        buffer_append_text(out, ": ");
        utf8_append_printable(out, answer_text(own, "mend"));
        buffer_append_text(out, "\n");
    }
}

static void print_reasons(const json_t *families, struct buffer *out) {
    const json_t *family = NULL, *condition = NULL;
    size_t i = 0;
    json_array_foreach(families, i, family) {
        size_t from = 0;
        while ((condition = failing(family, &from))) {
            bool is_told = false;
            for (size_t j = 0; j < i; j++)
                is_told |= same_reason(json_array_get(families, j), condition) != NULL;
            if (is_told)
                continue;
            buffer_append_text(out, "\n  ");
            print_names(families, i, condition, false, out);
            buffer_printf(out, " (%s):\n    ", answer_text(condition, "condition"));
            utf8_append_printable(out, answer_text(condition, "reason"));
            buffer_append_text(out, "\n");
            print_mends(families, i, condition, out);
        }
    }
}

/* ---- a server ---- */

static void print_addresses(const json_t *target, struct buffer *out) {
    const json_t *addresses = json_object_get(target, "addresses");
    size_t count = json_array_size(addresses);
    for (size_t i = 0; i < count; i++) {
        const json_t *address = json_array_get(addresses, i);
        const char *version = answer_text(address, "tls_version");
        buffer_printf(out, "%s%s%s%s", i > 0 ? ", " : "  at ", answer_text(address, "address"),
                      version ? " " : "", version ? version : "");
    }
    if (count > 0)
        buffer_append_text(out, "\n");
}

static void print_remarks(const json_t *target, struct buffer *out) {
    const json_t *remarks = json_object_get(target, "remarks");
    for (size_t i = 0; i < json_array_size(remarks); i++) {
        const json_t *one = json_array_get(remarks, i);
        buffer_append_text(out, i == 0 ? "\n  remark: " : "  remark: ");
        utf8_append_printable(out, answer_text(one, "text"));
        buffer_append_text(out, "\n    mend: ");
        utf8_append_printable(out, answer_text(one, "mend"));
        buffer_append_text(out, "\n");
    }
}

static void print_verdict(const json_t *target, struct buffer *out) {
    const char *anchor = answer_text(target, "anchor"), *deploy = answer_text(target, "to_deploy");
    if (answer_true(target, "silent")) {
        buffer_append_text(out, ": every client stays silent; trusted by ");
        utf8_append_printable(out, anchor ? anchor : "?");
    } else if (deploy) {
        buffer_append_text(out, ": fails until ");
        utf8_append_printable(out, deploy);
        buffer_append_text(out, " is trusted: mailstorectl deploy");
    } else {
        buffer_append_text(out, ": some clients WARN");
    }
    buffer_append_text(out, "\n");
}

static void print_target(const json_t *target, struct buffer *out) {
    const char *problem = answer_text(target, "problem");
    const char *name = answer_text(target, "target"), *host = answer_text(target, "host");
    utf8_append_printable(out, name ? name : "?");
    if (name && host && strncmp(name, host, strlen(host)) != 0) {
        buffer_append_text(out, " as ");
        utf8_append_printable(out, host);
    }
    if (problem) {
        buffer_append_text(out, ": NOT CHECKED: ");
        utf8_append_printable(out, problem);
        buffer_append_text(out, "\n    mend: ");
        utf8_append_printable(out, answer_text(target, "mend"));
        buffer_append_text(out, "\n");
        return;
    }
    print_verdict(target, out);
    print_addresses(target, out);
    buffer_append_text(out, "\n");
    print_table(json_object_get(target, "families"), out);
    print_reasons(json_object_get(target, "families"), out);
    print_remarks(target, out);
}

void check_print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *anchors = json_object_get(answer, "anchors"), *target = NULL;
    int64_t at = answer_integer(answer, "at");
    size_t i = 0;
    buffer_append_text(out, "For clients that trust ");
    if (json_is_array(anchors))
        text_append_names(out, anchors, NULL, SIZE_MAX);
    else
        buffer_append_text(out, "what this system trusts");
    if (at != now) {
        char time[TIME_TEXT_SIZE];
        buffer_printf(out, ", at %s", time_text(at, time));
    }
    buffer_append_text(out, "\n");
    json_array_foreach(json_object_get(answer, "targets"), i, target) {
        buffer_append_text(out, "\n");
        print_target(target, out);
    }
}

/* ---- the rules ---- */

json_t *check_rules(void) {
    struct trust_rule_row row;
    json_t *rules = json_array(), *families = json_array();
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++)
        json_array_append_new(families,
                              json_pack("{s:s, s:s, s:s, s:s}", "family", trust_families[i].word,
                                        "name", trust_families[i].name, "basis",
                                        trust_families[i].is_run ? "run" : "documentation", "trust",
                                        trust_families[i].trust));
    for (size_t i = 0; trust_rule_row(i, &row); i++) {
        json_t *minds = json_array();
        for (size_t j = 0; j < TRUST_FAMILY_COUNT; j++)
            if (row.families & (1u << j))
                json_array_append_new(minds, json_string(trust_families[j].word));
        json_array_append_new(rules,
                              json_pack("{s:s, s:s, s:s, s:o, s:s}", "rule", row.word, "condition",
                                        trust_conditions[row.condition].word, "when", row.when,
                                        "minded_by", minds, "source", row.source));
    }
    return json_pack("{s:o, s:o}", "families", families, "rules", rules);
}

static bool is_minded(const json_t *rule, const json_t *family) {
    const json_t *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(rule, "minded_by"), i, one) {
        if (json_equal(one, json_object_get(family, "family")))
            return true;
    }
    return false;
}

/* As Markdown has a table, so that docs/clients.md is what this prints. */
void check_rules_print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *families = json_object_get(answer, "families"), *rule = NULL, *family = NULL;
    size_t i = 0, j = 0;
    (void)now;
    buffer_append_text(out, "| rule | condition | it falls when |");
    json_array_foreach(families, j, family) {
        buffer_printf(out, " %s |", answer_text(family, "name"));
    }
    buffer_append_text(out, " source |\n|---|---|---|");
    for (j = 0; j < json_array_size(families); j++)
        buffer_append_text(out, ":-:|");
    buffer_append_text(out, "---|\n");
    json_array_foreach(json_object_get(answer, "rules"), i, rule) {
        buffer_printf(out, "| `%s` | %s | %s |", answer_text(rule, "rule"),
                      answer_text(rule, "condition"), answer_text(rule, "when"));
        json_array_foreach(families, j, family) {
            buffer_append_text(out, is_minded(rule, family) ? " ✗ |" : "  |");
        }
        buffer_printf(out, " %s |\n", answer_text(rule, "source"));
    }
}
