/* The verb `lab report`: what each client did with each scenario, and whether that was right. */
#include "ctl/lab_ask.h"
#include "lab/report.h"

static enum ctl_exit run(struct ctl *ctl) {
    json_t *report = NULL;
    enum ctl_exit status = lab_ask(
        ctl, "lab-report", ctl->argument_count > 0 ? ctl->arguments[0] : NULL, NULL, &report);
    if (status != CTL_FINE)
        return status;
    lab_print_report(ctl, report, &ctl->out);
    status = lab_report_is_right(report) ? CTL_FINE : CTL_ATTENTION;
    json_decref(report);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--all", .help = "tell what was right and what was not tried, too"},
    {.name = "--format",
     .value = "FORMAT",
     .help = "text, junit (XML) or tap (Test Anything Protocol)",
     .completion = CTL_COMPLETE_WORDS,
     .words = LAB_FORMATS,
     .check = lab_format_check,
     .not_with = "--json"},
    {0},
};

const struct ctl_verb verb_lab_report = {
    .name = "lab report",
    .arguments = "[RUN]",
    .summary = "what clients did in the laboratory, and whether they were right",
    .help =
        "For each client, known by its address and its TLS offer: what it refused and accepted\n"
        "rightly, what it accepted and must refuse, what it refused though it is fine, and what\n"
        "cannot be told. Exit status 1 unless every client was right in all that it tried.\n",
    .most_arguments = 1,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_RUN,
};
