/* A run's report (docs/schema/lab-report.json), and its other forms, made from that, so that the
 * tool prints what a daemon told. Any thread. */
#pragma once

#include "base/blob.h"
#include "lab/record.h"

#include <jansson.h>

/* {"run", "clients": [{"address", "print", "agent", "right", "wrong", "undetermined", "not_tried",
 * "results": [{"scenario", "group", "expected", "verdict", "end", "alert", "version",
 * "refused_before", "connections"}]}], "right", "wrong", "undetermined"}. NULL: out of memory. */
json_t *lab_report(const char *run, const struct lab_record *record);

/* Deviations that are known, {"SCENARIO": "why"}: what a client did wrong there has the reason as
 * "known", and counts as that rather than as wrong. Appends to `outdated` the names where somebody
 * came and nobody was wrong. False: out of memory. */
bool lab_report_know(json_t *report, const json_t *known, json_t *outdated);

/* Was every client right in all it tried, or known not to be, with nothing undetermined, and did
 * any try anything? */
bool lab_report_is_right(const json_t *report);

/* For people: each client, what it did wrong first. `all`: also what was right and not tried. */
void lab_report_text(const json_t *report, bool all, struct buffer *out);
/* JUnit XML: a testsuite for each client, a testcase for each scenario; undetermined is an error,
 * not tried and known are skipped. */
void lab_report_junit(const json_t *report, struct buffer *out);
/* TAP version 13: undetermined is not ok, not tried is # SKIP, known # TODO. */
void lab_report_tap(const json_t *report, struct buffer *out);
