/* A laboratory's page without a laboratory: scores made by hand, and where the scenarios were. */
#pragma once

#include "lab/page.h"
#include "lab/report.h"
#include "lab/scenario.h"

#include <assert.h>
#include <stdlib.h>

#define HOSTILE_AGENT "<script>alert('1')</script> \"&\"/1.0"

/* What lab_run_describe tells, of a run whose name is hostile, too. */
static inline json_t *described(void) {
    json_t *scenarios = json_array();
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        json_t *url = json_sprintf("https://%s.lab.localhost:%zu/", row->name, 40000 + i);
        json_array_append_new(
            scenarios,
            json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:i}", "scenario", row->name, "group",
                      lab_group_word(row->group), "expected", lab_expected_word(row->expected),
                      "url", url, "what", row->what, "right", row->right, "source", row->source,
                      "connections", row->connections ? (int)row->connections : 1));
    }
    json_t *all = json_pack("{s:s, s:s, s:s, s:o}", "run", "<b>run</b>", "domain", "lab.localhost",
                            "address", "127.0.0.1", "scenarios", scenarios);
    assert(all);
    return all;
}

static inline struct buffer page_of(const struct lab_record *record,
                                    const struct lab_page_visitor *visitor) {
    json_t *description = described(), *report = lab_report("run", record);
    struct buffer page = {0};
    assert(report);
    lab_page_render(description, report, visitor, &page);
    assert(!page.failed);
    json_decref(description);
    json_decref(report);
    return page;
}

static inline struct lab_observation observed(size_t scenario, enum lab_end end,
                                              const char *address, const char *print,
                                              const char *agent) {
    struct lab_observation seen = {.scenario = scenario,
                                   .at = 100,
                                   .end = end,
                                   .alert = end == LAB_END_ALERT ? 48 : -1,
                                   .finished = end == LAB_END_ASKED || end == LAB_END_FINISHED,
                                   .saw = true,
                                   .version = "TLS 1.3",
                                   .server_name = "",
                                   .print = print,
                                   .agent = agent};
    for (size_t i = 0; address[i]; i++)
        seen.address[i] = address[i];
    return seen;
}

/* At one address a client that says who it is and does everything in turn, and one that never
 * asks; at another one that trusts nobody. */
static inline struct lab_record *record_of_everything(void) {
    static const enum lab_end ends[] = {LAB_END_ASKED, LAB_END_ALERT,  LAB_END_LEFT,
                                        LAB_END_LATE,  LAB_END_BROKEN, LAB_END_NOTHING_COMMON};
    struct lab_record *record = NULL;
    if (!lab_record_create(&record, NULL))
        abort();
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        enum lab_end end = ends[i % (sizeof ends / sizeof *ends)];
        struct lab_observation seen =
            observed(i, end, "192.0.2.7", "aa", end == LAB_END_ASKED ? HOSTILE_AGENT : "");
        lab_record_note(record, &seen);
        seen = observed(i, LAB_END_FINISHED, "192.0.2.7", "bb", "");
        if (i % 2 == 0)
            lab_record_note(record, &seen);
        seen = observed(i, LAB_END_ALERT, "192.0.2.8", "cc", "");
        lab_record_note(record, &seen);
    }
    return record;
}
