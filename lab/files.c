/* What a run tells its clients: where each scenario is, and how its names are found. */
#include "lab/run.h"
#include "lab/scenario.h"

#include <stdio.h>
#include <string.h>

/* "127.0.0.1", "[::1]": as a URL has it. */
static const char *in_url(const char *host, char out[static LAB_HOST_SIZE + 2]) {
    snprintf(out, LAB_HOST_SIZE + 2, strchr(host, ':') ? "[%s]" : "%s", host);
    return out;
}

static json_t *scenario_json(const struct lab_run *run, size_t i) {
    const struct lab_scenario *row = lab_scenario_at(i);
    char host[LAB_HOST_SIZE], bracketed[LAB_HOST_SIZE + 2], url[LAB_HOST_SIZE + 24];
    lab_scenario_host(row, lab_run_domain(run), lab_run_address(run), host);
    snprintf(url, sizeof url, "https://%s:%u/", in_url(host, bracketed),
             (unsigned)lab_run_port(run, i));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I}", "scenario",
                     row->name, "group", lab_group_word(row->group), "expected",
                     lab_expected_word(row->expected), "host", host, "address",
                     lab_run_address(run), "port", (json_int_t)lab_run_port(run, i), "url", url,
                     "what", row->what, "right", row->right, "source", row->source, "connections",
                     (json_int_t)(row->connections ? row->connections : 1));
}

json_t *lab_run_describe(const struct lab_run *run) {
    json_t *scenarios = json_array();
    char bracketed[LAB_HOST_SIZE + 2], page[LAB_HOST_SIZE + 24];
    bool ok = scenarios != NULL;
    for (size_t i = 0; ok && i < lab_scenario_count(); i++)
        ok = json_array_append_new(scenarios, scenario_json(run, i)) == 0;
    if (!ok) {
        json_decref(scenarios);
        return NULL;
    }
    snprintf(page, sizeof page, "http://%s:%u/", in_url(lab_run_address(run), bracketed),
             (unsigned)lab_run_index_port(run));
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "run", lab_run_name(run), "domain",
                     lab_run_domain(run), "address", lab_run_address(run), "page", page,
                     "scenarios", scenarios);
}

void lab_run_hosts(const struct lab_run *run, struct buffer *out) {
    char host[LAB_HOST_SIZE];
    buffer_printf(out, "%s %s\n", lab_run_address(run), lab_run_domain(run));
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        lab_scenario_host(lab_scenario_at(i), lab_run_domain(run), lab_run_address(run), host);
        if (strcmp(host, lab_run_address(run)) != 0)
            buffer_printf(out, "%s %s\n", lab_run_address(run), host);
    }
}
