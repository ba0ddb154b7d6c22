#include "lab/report_words.h"

#include <string.h>

const char *report_word(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

bool report_says(const json_t *result, const char *verdict) {
    return strcmp(report_word(result, "verdict"), verdict) == 0;
}

bool report_is_wrong(const json_t *result) {
    return !report_known(result)[0] &&
           (report_says(result, "accepted-wrongly") || report_says(result, "refused-wrongly"));
}

const char *report_known(const json_t *result) {
    return report_word(result, "known");
}

void report_client_name(const json_t *client, struct buffer *out) {
    const char *agent = report_word(client, "agent");
    if (agent[0])
        buffer_printf(out, "%s (%s)", agent, report_word(client, "address"));
    else
        buffer_printf(out, "client %.8s (%s)", report_word(client, "print"),
                      report_word(client, "address"));
}

static const char *words_of(const json_t *result) {
    static const struct {
        const char *verdict, *words;
    } table[] = {
        {"not-tried", "not tried"},
        {"undetermined", "undetermined"},
        {"refused-rightly", "refused rightly"},
        {"accepted-rightly", "accepted rightly"},
        {"accepted-wrongly", "ACCEPTED WHAT IT MUST REFUSE"},
        {"refused-wrongly", "REFUSED WHAT IS FINE"},
        {"refused-freely", "refused, as it may"},
        {"accepted-freely", "accepted, as it may"},
    };
    if (report_known(result)[0])
        return report_says(result, "accepted-wrongly") ? "accepted what it must refuse, as is known"
                                                       : "refused what is fine, as is known";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (report_says(result, table[i].verdict))
            return table[i].words;
    return report_word(result, "verdict");
}

/* What was seen of it. An alert says how it refused; of one who asked it says nothing. */
static const char *seen_words(const json_t *result) {
    static const struct {
        const char *end, *words;
    } table[] = {
        {"nothing-common", "nothing in common"},
        {"left", "left without a word"},
        {"finished", "left after the handshake, without a request"},
        {"late", "waited until we gave up"},
        {"broken", "broke the protocol"},
    };
    const char *end = report_word(result, "end");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(end, table[i].end) == 0)
            return table[i].words;
    return "";
}

void report_outcome(const json_t *result, struct buffer *out) {
    bool by_alert = strcmp(report_word(result, "end"), "alert") == 0;
    const char *version = report_word(result, "version"), *parted = ": ";
    buffer_append_text(out, words_of(result));
    if (by_alert) {
        buffer_printf(out, "%salert %s", parted, report_word(result, "alert"));
        parted = ", ";
    } else if (seen_words(result)[0]) {
        buffer_printf(out, "%s%s", parted, seen_words(result));
        parted = ", ";
    }
    if (version[0]) {
        buffer_printf(out, "%s%s", parted, version);
        parted = ", ";
    }
    if (json_is_true(json_object_get(result, "refused_before")))
        buffer_printf(out, "%safter it had refused", parted);
}
