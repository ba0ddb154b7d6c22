#include "lab/report.h"

#include "lab/scenario.h"
#include "tls/alert.h"

#include <string.h>

struct sums {
    unsigned right, wrong, undetermined, not_tried;
};

static void add(struct sums *sums, enum lab_verdict verdict) {
    sums->right += lab_verdict_is_right(verdict);
    sums->wrong += lab_verdict_is_wrong(verdict);
    sums->undetermined += verdict == LAB_UNDETERMINED;
    sums->not_tried += verdict == LAB_NOT_TRIED;
}

static json_t *member(const char *text) {
    return text && text[0] ? json_string(text) : json_null();
}

static json_t *result_json(size_t scenario, const struct lab_result *result) {
    const struct lab_scenario *row = lab_scenario_at(scenario);
    bool tried = result->verdict != LAB_NOT_TRIED;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:I, s:s, s:s, s:s}", "scenario",
                     row->name, "group", lab_group_word(row->group), "expected",
                     lab_expected_word(row->expected), "verdict", lab_verdict_word(result->verdict),
                     "end", member(tried ? lab_end_word(result->end) : NULL), "alert",
                     member(result->alert >= 0 ? alert_name(result->alert) : NULL), "version",
                     member(result->version), "refused_before", (int)result->refused_before,
                     "connections", (json_int_t)result->connections, "what", row->what, "right",
                     row->right, "source", row->source);
}

static json_t *client_json(const struct lab_record *record, size_t i, struct sums *all) {
    struct lab_client client = lab_record_client(record, i);
    json_t *results = json_array();
    struct sums sums = {0};
    bool ok = results != NULL;
    for (size_t scenario = 0; ok && scenario < lab_scenario_count(); scenario++) {
        struct lab_result result = lab_record_result(record, i, scenario);
        add(&sums, result.verdict);
        ok = json_array_append_new(results, result_json(scenario, &result)) == 0;
    }
    if (!ok) {
        json_decref(results);
        return NULL;
    }
    all->right += sums.right;
    all->wrong += sums.wrong;
    all->undetermined += sums.undetermined;
    return json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "address",
                     client.address, "print", client.print, "agent", member(client.agent), "asks",
                     (int)client.asks, "first", (json_int_t)client.first, "last",
                     (json_int_t)client.last, "right", (json_int_t)sums.right, "wrong",
                     (json_int_t)sums.wrong, "undetermined", (json_int_t)sums.undetermined,
                     "not_tried", (json_int_t)sums.not_tried, "results", results);
}

json_t *lab_report(const char *run, const struct lab_record *record) {
    json_t *clients = json_array();
    struct sums sums = {0};
    bool ok = clients != NULL;
    for (size_t i = 0; ok && i < lab_record_client_count(record); i++)
        ok = json_array_append_new(clients, client_json(record, i, &sums)) == 0;
    if (!ok) {
        json_decref(clients);
        return NULL;
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "run", run, "right", (json_int_t)sums.right,
                     "wrong", (json_int_t)sums.wrong, "undetermined", (json_int_t)sums.undetermined,
                     "lost", (json_int_t)lab_record_lost(record), "clients", clients);
}

static json_int_t number(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

bool lab_report_is_right(const json_t *report) {
    return number(report, "right") + number(report, "known") > 0 && number(report, "wrong") == 0 &&
           number(report, "undetermined") == 0 && number(report, "lost") == 0;
}
