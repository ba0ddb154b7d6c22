/* JUnit's XML, as Jenkins' and GitLab's readers take it. */
#include "lab/report.h"
#include "lab/report_words.h"
#include "web/web.h"

#include <string.h>

static void append_attribute(const char *name, const char *value, struct buffer *out) {
    buffer_printf(out, " %s=\"", name);
    web_escape(out, value ? value : "");
    buffer_append_text(out, "\"");
}

/* <failure> or <error>, with what was seen, and why it is wrong. */
static void append_complaint(const char *element, const json_t *result, struct buffer *out) {
    struct buffer outcome = {0};
    report_outcome(result, &outcome);
    buffer_printf(out, ">\n      <%s", element);
    append_attribute("type", report_word(result, "verdict"), out);
    append_attribute("message", outcome.data, out);
    buffer_append_text(out, ">");
    web_escape(out, report_word(result, "what"));
    buffer_append_text(out, "\nright: ");
    web_escape(out, report_word(result, "right"));
    buffer_append_text(out, "\nsee ");
    web_escape(out, report_word(result, "source"));
    buffer_printf(out, "</%s>\n    </testcase>\n", element);
    out->failed |= outcome.failed;
    buffer_finish(&outcome);
}

static void append_known(const json_t *result, struct buffer *out) {
    buffer_append_text(out, ">\n      <skipped type=\"known\"");
    append_attribute("message", report_known(result), out);
    buffer_append_text(out, "/>\n    </testcase>\n");
}

static void append_case(const json_t *result, struct buffer *out) {
    buffer_append_text(out, "    <testcase");
    append_attribute("classname", report_word(result, "group"), out);
    append_attribute("name", report_word(result, "scenario"), out);
    buffer_append_text(out, " time=\"0\"");
    if (report_is_wrong(result))
        append_complaint("failure", result, out);
    else if (report_says(result, "undetermined"))
        append_complaint("error", result, out);
    else if (report_known(result)[0])
        append_known(result, out);
    else if (report_says(result, "not-tried"))
        buffer_append_text(out, ">\n      <skipped/>\n    </testcase>\n");
    else
        buffer_append_text(out, "/>\n");
}

static void append_number(const char *name, json_int_t number, struct buffer *out) {
    buffer_printf(out, " %s=\"%d\"", name, (int)number);
}

static void append_suite(const json_t *client, struct buffer *out) {
    struct buffer name = {0};
    const json_t *results = json_object_get(client, "results"), *result = NULL;
    size_t i = 0;
    report_client_name(client, &name);
    buffer_append_text(out, "  <testsuite");
    append_attribute("name", name.data, out);
    append_number("tests", (json_int_t)json_array_size(results), out);
    append_number("failures", json_integer_value(json_object_get(client, "wrong")), out);
    append_number("errors", json_integer_value(json_object_get(client, "undetermined")), out);
    append_number("skipped",
                  json_integer_value(json_object_get(client, "not_tried")) +
                      json_integer_value(json_object_get(client, "known")),
                  out);
    buffer_append_text(out, " time=\"0\">\n");
    json_array_foreach(results, i, result) {
        append_case(result, out);
    }
    buffer_append_text(out, "  </testsuite>\n");
    out->failed |= name.failed;
    buffer_finish(&name);
}

void lab_report_junit(const json_t *report, struct buffer *out) {
    const json_t *client = NULL;
    size_t i = 0;
    buffer_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    append_attribute("name", report_word(report, "run"), out);
    buffer_append_text(out, ">\n");
    json_array_foreach(json_object_get(report, "clients"), i, client) {
        append_suite(client, out);
    }
    buffer_append_text(out, "</testsuites>\n");
}
