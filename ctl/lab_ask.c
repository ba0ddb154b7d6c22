#include "ctl/lab_ask.h"

#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/place.h"
#include "lab/report.h"

#include <string.h>

enum { LAB_TIMEOUT_MS = 30000 };

enum ctl_exit lab_ask(const struct ctl *ctl, const char *command, const char *run, json_t *members,
                      json_t **out) {
    struct place place = {0};
    struct error err = {0};
    if (ctl_has(ctl, "--store")) {
        json_decref(members);
        return ctl_misuse("the laboratory is a daemon's; --store asks none");
    }
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE) {
        json_decref(members);
        return status;
    }
    if (!members)
        members = json_object();
    if (run)
        json_object_set_new(members, "run", json_string(run));
    if (control_ask(place.socket, command, members, LAB_TIMEOUT_MS, out, &err))
        answer_strip(*out);
    else
        status = ctl_fail_given(&err);
    json_decref(members);
    place_finish(&place);
    return status;
}

bool lab_format_check(const char *value, struct error *err) {
    if (strcmp(value, "text") == 0 || strcmp(value, "junit") == 0 || strcmp(value, "tap") == 0)
        return true;
    error_set(err, ERROR_INPUT, "is one of: text, junit, tap");
    return false;
}

void lab_print_report(const struct ctl *ctl, const json_t *report, struct buffer *out) {
    const char *format = ctl_value(ctl, "--format");
    if (ctl_has(ctl, "--json"))
        answer_append_json(report, out);
    else if (format && strcmp(format, "junit") == 0)
        lab_report_junit(report, out);
    else if (format && strcmp(format, "tap") == 0)
        lab_report_tap(report, out);
    else
        lab_report_text(report, ctl_has(ctl, "--all"), out);
}
