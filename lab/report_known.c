/* What clients are known to do wrong: still told, and no longer counted as wrong. */
#include "lab/report.h"
#include "lab/report_words.h"

static bool add(json_t *object, const char *name, int by) {
    json_int_t before = json_integer_value(json_object_get(object, name));
    return json_object_set_new(object, name, json_integer(before + by)) == 0;
}

static bool know(json_t *report, json_t *client, json_t *result, json_t *reason) {
    return json_object_set(result, "known", reason) == 0 && add(client, "wrong", -1) &&
           add(client, "known", 1) && add(report, "wrong", -1) && add(report, "known", 1);
}

static bool know_client(json_t *report, json_t *client, const json_t *known) {
    json_t *result = NULL;
    size_t i = 0;
    bool ok = add(client, "known", 0);
    json_array_foreach(json_object_get(client, "results"), i, result) {
        json_t *reason = json_object_get(known, report_word(result, "scenario"));
        if (reason && report_is_wrong(result))
            ok = ok && know(report, client, result, reason);
    }
    return ok;
}

/* Somebody came, and nobody was wrong. */
static bool is_outdated(const json_t *report, size_t scenario) {
    const json_t *client = NULL;
    size_t i = 0;
    bool tried = false;
    json_array_foreach(json_object_get(report, "clients"), i, client) {
        const json_t *result = json_array_get(json_object_get(client, "results"), scenario);
        if (report_known(result)[0])
            return false;
        tried |= !report_says(result, "not-tried") && !report_says(result, "undetermined");
    }
    return tried;
}

bool lab_report_know(json_t *report, const json_t *known, json_t *outdated) {
    const json_t *clients = json_object_get(report, "clients"), *result = NULL;
    json_t *client = NULL;
    size_t i = 0;
    bool ok = add(report, "known", 0);
    json_array_foreach(clients, i, client) {
        ok = ok && know_client(report, client, known);
    }
    json_array_foreach(json_object_get(json_array_get(clients, 0), "results"), i, result) {
        json_t *name = json_object_get(result, "scenario");
        if (json_object_get(known, json_string_value(name)) && is_outdated(report, i))
            ok = ok && json_array_append(outdated, name) == 0;
    }
    return ok;
}
