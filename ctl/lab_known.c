#include "ctl/lab_known.h"

#include "base/utf8.h"
#include "ctl/answer.h"
#include "lab/report.h"
#include "lab/scenario.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 20 };
#define BLANKS " \t\r"

/* One line, which is cut up. */
static bool add_line(char *line, json_t *known, struct error *err) {
    size_t index = 0;
    char *name = line + strspn(line, BLANKS);
    if (name[0] == '\0' || name[0] == '#')
        return true;
    char *reason = name + strcspn(name, BLANKS);
    if (reason[0])
        *reason++ = '\0';
    reason += strspn(reason, BLANKS);
    for (size_t size = strlen(reason); size > 0 && strchr(BLANKS, reason[size - 1]); size--)
        reason[size - 1] = '\0';
    if (!lab_scenario_find(name, &index))
        error_set(err, ERROR_INPUT, "there is no scenario %s", name);
    else if (lab_scenario_at(index)->expected == LAB_EITHER)
        error_set(err, ERROR_INPUT, "nobody is wrong in %s: clients may do either", name);
    else if (reason[0] == '\0')
        error_set(err, ERROR_INPUT, "it does not say why a client deviates in %s", name);
    else if (json_object_get(known, name))
        error_set(err, ERROR_INPUT, "%s stands there already", name);
    else if (json_object_set_new(known, name, json_string(reason)) == 0)
        return true;
    else
        error_no_memory(err);
    return false;
}

static bool add_lines(char *text, json_t *known, struct error *err) {
    char *rest = NULL;
    size_t number = 0;
    for (char *line = text; line; line = rest) {
        number++;
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = '\0';
        if (!add_line(line, known, err)) {
            error_prefix(err, "line %zu", number);
            return false;
        }
    }
    return true;
}

/* As text that JSON and terminals can hold. */
static bool read_text(const char *path, char **out, struct error *err) {
    struct blob file = {0};
    struct buffer text = {0};
    if (!file_read(path, FILE_LIMIT, &file, NULL, err))
        return false;
    size_t size = file.size;
    bool is_text = !memchr(file.data, '\0', file.size);
    if (is_text)
        utf8_append_valid(&text, utf8_line((const char *)file.data, &size));
    blob_finish(&file);
    if (!is_text) {
        error_set(err, ERROR_INPUT, "%s: it is no text", path);
        return false;
    }
    *out = buffer_take(&text);
    buffer_finish(&text);
    return *out || error_no_memory(err);
}

enum ctl_exit lab_known_read(const char *path, json_t **out) {
    struct error err = {0};
    char *text = NULL;
    json_t *known = json_object();
    if (!known)
        return ctl_no_memory();
    bool ok = read_text(path, &text, &err);
    if (ok && !(ok = add_lines(text, known, &err)))
        error_prefix(&err, "%s", path);
    free(text);
    if (!ok) {
        json_decref(known);
        return ctl_fail_given(&err);
    }
    *out = known;
    return CTL_FINE;
}

bool lab_known_describe(json_t *description, const json_t *known) {
    json_t *scenario = NULL;
    size_t i = 0;
    bool ok = true;
    json_array_foreach(json_object_get(description, "scenarios"), i, scenario) {
        json_t *reason = json_object_get(known, answer_text(scenario, "scenario"));
        ok = ok && (!reason || json_object_set(scenario, "known", reason) == 0);
    }
    return ok;
}

enum ctl_exit lab_known_judge(json_t *report, const json_t *known, const char *path) {
    json_t *outdated = json_array(), *name = NULL;
    enum ctl_exit status = CTL_FINE;
    size_t i = 0;
    if (!outdated || !lab_report_know(report, known, outdated))
        status = ctl_no_memory();
    else if (json_array_size(outdated) > 0)
        status = CTL_ATTENTION;
    json_array_foreach(outdated, i, name) {
        ctl_warn("no client is wrong in %s any more: take it out of %s", json_string_value(name),
                 path);
    }
    json_decref(outdated);
    return status;
}
