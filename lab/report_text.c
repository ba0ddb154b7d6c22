#include "lab/report.h"
#include "lab/report_words.h"

#include <string.h>

enum { NAME_COLUMNS = 30 };

static void print_result(const json_t *result, struct buffer *out) {
    buffer_printf(out, "  %-*s ", NAME_COLUMNS, report_word(result, "scenario"));
    report_outcome(result, out);
    if (report_known(result)[0])
        buffer_printf(out, " (%s)", report_known(result));
    buffer_append_text(out, "\n");
}

/* What was wrong needs to be understood: with what the scenario is, and where it stands. */
static void print_wrong(const json_t *result, struct buffer *out) {
    print_result(result, out);
    buffer_printf(out, "      it is: %s\n      right: %s\n      see %s\n",
                  report_word(result, "what"), report_word(result, "right"),
                  report_word(result, "source"));
}

static void print_those(const json_t *client, bool (*which)(const json_t *result),
                        void (*print)(const json_t *result, struct buffer *out),
                        struct buffer *out) {
    const json_t *result = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(client, "results"), i, result) {
        if (which(result))
            print(result, out);
    }
}

static bool is_undetermined(const json_t *result) {
    return report_says(result, "undetermined");
}

static bool is_other(const json_t *result) {
    return !report_is_wrong(result) && !is_undetermined(result);
}

static void print_sums(const json_t *client, struct buffer *out) {
    static const struct {
        const char *name, *words;
    } sums[] = {
        {"right", "right"},
        {"wrong", "WRONG"},
        {"known", "known to be wrong"},
        {"undetermined", "undetermined"},
        {"not_tried", "not tried"},
    };
    const char *parted = "";
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        json_int_t number = json_integer_value(json_object_get(client, sums[i].name));
        if (number == 0 && i > 0)
            continue;
        buffer_printf(out, "%s%d %s", parted, (int)number, sums[i].words);
        parted = ", ";
    }
    buffer_append_text(out, "\n");
}

void lab_report_text(const json_t *report, bool all, struct buffer *out) {
    const json_t *clients = json_object_get(report, "clients"), *client = NULL;
    const char *parted = "";
    size_t i = 0;
    if (json_array_size(clients) == 0)
        buffer_printf(out, "run %s: no client came\n", report_word(report, "run"));
    json_array_foreach(clients, i, client) {
        buffer_append_text(out, parted);
        parted = "\n";
        report_client_name(client, out);
        buffer_append_text(out, ": ");
        print_sums(client, out);
        print_those(client, report_is_wrong, print_wrong, out);
        print_those(client, is_undetermined, print_result, out);
        if (all)
            print_those(client, is_other, print_result, out);
    }
    json_int_t lost = json_integer_value(json_object_get(report, "lost"));
    if (lost > 0)
        buffer_printf(out, "%d connections were not counted: out of memory\n", (int)lost);
}
