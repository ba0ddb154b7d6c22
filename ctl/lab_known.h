/* Deviations that are known: what `lab run --known FILE` reads. */
#pragma once

#include "ctl/ctl.h"

/* Reads {"SCENARIO": "why"} from lines of a scenario's name and the reason; "#" begins a comment.
 * Says on standard error what is wrong. Gives `out`: json_decref. */
enum ctl_exit lab_known_read(const char *path, json_t **out);

/* Adds "known" with the reason to these scenarios of a description. False: out of memory. */
bool lab_known_describe(json_t *description, const json_t *known);

/* Marks them in the report (lab_report_know), and says on standard error where a client came and
 * none deviates any more: CTL_ATTENTION. */
enum ctl_exit lab_known_judge(json_t *report, const json_t *known, const char *path);
