/* Test Anything Protocol, version 13. */
#include "lab/report.h"
#include "lab/report_words.h"

#include <stdlib.h>

/* In a description "#" begins a directive, unless there is a backslash before it. */
static void append_description(const char *text, struct buffer *out) {
    for (const char *at = text; *at; at++) {
        if (*at == '#' || *at == '\\')
            buffer_append_text(out, "\\");
        buffer_append(out, at, 1);
    }
}

/* A scalar within quotes, in YAML as in JSON. */
static void append_quoted(const char *name, const char *text, struct buffer *out) {
    json_t *string = json_string(text);
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    if (quoted)
        buffer_printf(out, "  %s: %s\n", name, quoted);
    else
        out->failed = true;
    free(quoted);
    json_decref(string);
}

static void print_result(const json_t *client, const json_t *result, size_t number,
                         struct buffer *out) {
    struct buffer who = {0}, outcome = {0};
    bool skipped = report_says(result, "not-tried");
    const char *known = report_known(result);
    bool bad = known[0] || report_is_wrong(result) || report_says(result, "undetermined");
    report_client_name(client, &who);
    report_outcome(result, &outcome);
    buffer_printf(out, "%s %zu - ", bad ? "not ok" : "ok", number);
    append_description(who.data ? who.data : "", out);
    buffer_printf(out, ": %s", report_word(result, "scenario"));
    buffer_append_text(out, skipped ? " # SKIP not tried" : known[0] ? " # TODO " : "");
    append_description(known, out);
    buffer_append_text(out, "\n");
    if (bad) {
        buffer_append_text(out, "  ---\n");
        append_quoted("message", outcome.data ? outcome.data : "", out);
        append_quoted("what", report_word(result, "what"), out);
        append_quoted("right", report_word(result, "right"), out);
        append_quoted("source", report_word(result, "source"), out);
        buffer_append_text(out, "  ...\n");
    }
    out->failed |= who.failed || outcome.failed;
    buffer_finish(&who);
    buffer_finish(&outcome);
}

void lab_report_tap(const json_t *report, struct buffer *out) {
    const json_t *clients = json_object_get(report, "clients"), *client = NULL, *result = NULL;
    size_t i = 0, j = 0, number = 0, all = 0;
    json_array_foreach(clients, i, client) {
        all += json_array_size(json_object_get(client, "results"));
    }
    buffer_printf(out, "TAP version 13\n1..%zu%s\n", all, all == 0 ? " # SKIP no client came" : "");
    json_array_foreach(clients, i, client) {
        json_array_foreach(json_object_get(client, "results"), j, result) {
            print_result(client, result, ++number, out);
        }
    }
}
