/* The verbs `lab list`, `lab start` and `lab stop`: a daemon's runs. */
#include "ctl/answer.h"
#include "ctl/lab_ask.h"
#include "ctl/text.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- lab list ---- */

static void add_number(struct text_table *table, int64_t number) {
    struct buffer text = {0};
    buffer_printf(&text, "%" PRId64, number);
    text_table_add(table, text.data);
    table->failed |= text.failed;
    buffer_finish(&text);
}

static void print_runs(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *run = NULL;
    struct text_table table = {.columns = 3};
    size_t i = 0;
    (void)now;
    text_table_add(&table, "RUN");
    text_table_add(&table, "CLIENTS");
    text_table_add(&table, "PAGE");
    json_array_foreach(json_object_get(answer, "runs"), i, run) {
        text_table_add(&table, answer_text(run, "run"));
        add_number(&table, answer_integer(run, "clients"));
        text_table_add(&table, answer_text(run, "page"));
    }
    text_table_print(&table, "", out);
    text_table_finish(&table);
}

static void print_scenarios(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *scenario = NULL;
    struct text_table table = {.columns = 4};
    size_t i = 0;
    (void)now;
    text_table_add(&table, "SCENARIO");
    text_table_add(&table, "EXPECTED");
    text_table_add(&table, "URL");
    text_table_add(&table, "WHAT");
    json_array_foreach(json_object_get(answer, "scenarios"), i, scenario) {
        text_table_add(&table, answer_text(scenario, "scenario"));
        text_table_add(&table, answer_text(scenario, "expected"));
        text_table_add(&table, answer_text(scenario, "url"));
        text_table_add(&table, answer_text(scenario, "what"));
    }
    text_table_print(&table, "", out);
    text_table_finish(&table);
}

static enum ctl_exit list(struct ctl *ctl) {
    json_t *answer = NULL;
    bool one = ctl->argument_count > 0;
    enum ctl_exit status = lab_ask(ctl, one ? "lab-describe" : "lab-list",
                                   one ? ctl->arguments[0] : NULL, NULL, &answer);
    if (status != CTL_FINE)
        return status;
    return ctl_answer(ctl, answer, one ? print_scenarios : print_runs, CTL_FINE);
}

const struct ctl_verb verb_lab_list = {
    .name = "lab list",
    .arguments = "[RUN]",
    .summary = "the laboratory's runs, or the scenarios of one with their addresses",
    .help = "The run that is always there is called \"default\".\n",
    .most_arguments = 1,
    .run = list,
    .completion = CTL_COMPLETE_RUN,
};

/* ---- lab start ---- */

static bool check_port(const char *value, struct error *err) {
    char *end = NULL;
    unsigned long port = strtoul(value, &end, 10);
    if (value[0] >= '0' && value[0] <= '9' && !*end && port <= 65535)
        return true;
    error_set(err, ERROR_INPUT, "is a port, 0 to 65535");
    return false;
}

static void print_started(const json_t *answer, int64_t now, struct buffer *out) {
    (void)now;
    buffer_printf(out, "run %s: %zu scenarios; open %s\n", answer_text(answer, "run"),
                  json_array_size(json_object_get(answer, "scenarios")),
                  answer_text(answer, "page"));
}

static enum ctl_exit start(struct ctl *ctl) {
    const char *port = ctl_value(ctl, "--port");
    json_t *answer = NULL;
    json_t *members = port ? json_pack("{s:I}", "port", (json_int_t)strtoul(port, NULL, 10)) : NULL;
    enum ctl_exit status = lab_ask(ctl, "lab-start", ctl->arguments[0], members, &answer);
    return status == CTL_FINE ? ctl_answer(ctl, answer, print_started, CTL_FINE) : status;
}

static const struct ctl_option start_options[] = {
    {.name = "--port",
     .value = "PORT",
     .help = "of its page, the scenarios' follow; without it any free ones",
     .check = check_port},
    {0},
};

const struct ctl_verb verb_lab_start = {
    .name = "lab start",
    .arguments = "RUN",
    .summary = "begin a run: a set of ports and a score of its own",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = start,
    .options = start_options,
};

/* ---- lab stop ---- */

static void print_stopped(const json_t *answer, int64_t now, struct buffer *out) {
    (void)now;
    buffer_printf(out, "run %s has ended\n", answer_text(answer, "stopped"));
}

static enum ctl_exit stop(struct ctl *ctl) {
    json_t *answer = NULL;
    enum ctl_exit status = lab_ask(ctl, "lab-stop", ctl->arguments[0], NULL, &answer);
    return status == CTL_FINE ? ctl_answer(ctl, answer, print_stopped, CTL_FINE) : status;
}

const struct ctl_verb verb_lab_stop = {
    .name = "lab stop",
    .arguments = "RUN",
    .summary = "end a run: its ports are closed, its score is forgotten",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = stop,
    .completion = CTL_COMPLETE_RUN,
};
