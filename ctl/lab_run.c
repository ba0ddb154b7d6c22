/* The verb `lab run`: a laboratory for one command, which leaves nothing behind. */
#include "conf/conf_words.h"
#include "ctl/answer.h"
#include "ctl/lab_ask.h"
#include "ctl/lab_known.h"
#include "ctl/output_file.h"
#include "lab/lab.h"
#include "lab/report.h"
#include "lab/truststore.h"
#include "platform/child.h"
#include "platform/file.h"
#include "platform/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN "run"
enum { VARIABLE_LIMIT = 24, PORT = 443 };

/* What one run of the verb holds. */
struct stage {
    struct child_keeper *keeper;
    struct lab *lab;
    json_t *description, *known;         /* deviations that are; NULL: none were given */
    char *variables[VARIABLE_LIMIT + 1]; /* "NAME=value" */
    size_t variable_count;
};

static void stage_finish(struct stage *stage) {
    for (size_t i = 0; i < stage->variable_count; i++)
        free(stage->variables[i]);
    json_decref(stage->description);
    json_decref(stage->known);
    lab_destroy(stage->lab);
    child_keeper_destroy(stage->keeper);
}

/* ---- what the command finds in its environment ---- */

static bool add_variable(struct stage *stage, const char *name, const char *value) {
    struct buffer text = {0};
    buffer_printf(&text, "%s=%s", name, value ? value : "");
    char *variable = stage->variable_count < VARIABLE_LIMIT ? buffer_take(&text) : NULL;
    buffer_finish(&text);
    if (variable)
        stage->variables[stage->variable_count++] = variable;
    return variable != NULL;
}

/* Java parts them at spaces but within quotes. */
static void append_java_option(struct buffer *out, const char *name, const char *value) {
    char quote = strchr(value, '"') ? '\'' : '"';
    buffer_printf(out, "%s-D%s=%c%s%c", out->size > 0 ? " " : "", name, quote, value, quote);
}

/* Java takes options from here; whatever stands there goes first. */
static bool add_java_options(struct stage *stage) {
    struct buffer text = {0};
    const char *before =
        getenv("JAVA_TOOL_OPTIONS"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    buffer_append_text(&text, before ? before : "");
    append_java_option(&text, "javax.net.ssl.trustStore",
                       answer_text(stage->description, "truststore_file"));
    append_java_option(&text, "javax.net.ssl.trustStorePassword", LAB_TRUSTSTORE_PASSWORD);
    append_java_option(&text, "jdk.net.hosts.file", child_keeper_hosts(stage->keeper));
    bool ok = !text.failed && add_variable(stage, "JAVA_TOOL_OPTIONS", text.data);
    buffer_finish(&text);
    return ok;
}

/* A proxy does not reach these hosts; whatever stands there goes first. */
static bool add_no_proxy(struct stage *stage, const char *name) {
    struct buffer hosts = {0};
    const char *before = getenv(name); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    buffer_printf(&hosts, "%s%s%s,.%s,%s", before ? before : "", before && before[0] ? "," : "",
                  answer_text(stage->description, "domain"),
                  answer_text(stage->description, "domain"),
                  answer_text(stage->description, "address"));
    bool ok = !hosts.failed && add_variable(stage, name, hosts.data);
    buffer_finish(&hosts);
    return ok;
}

static bool add_variables(struct stage *stage) {
    static const char *const by_ca[] = {
        "SSL_CERT_FILE", /* OpenSSL, and what uses its defaults: Python, curl, Ruby; Go */
        "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",   "NODE_EXTRA_CA_CERTS",
        "GIT_SSL_CAINFO", "PERL_LWP_SSL_CA_FILE", "MAILSTORED_LAB_CA",
    };
    char *json = path_join(child_keeper_folder(stage->keeper), "lab/lab.json");
    bool ok = json && add_variable(stage, "MAILSTORED_LAB_JSON", json) &&
              add_variable(stage, "MAILSTORED_LAB_HOSTS",
                           answer_text(stage->description, "hosts_file")) &&
              add_variable(stage, "MAILSTORED_LAB_TRUSTSTORE",
                           answer_text(stage->description, "truststore_file")) &&
              add_variable(stage, "MAILSTORED_LAB_PAGE", answer_text(stage->description, "page")) &&
              add_java_options(stage) && add_no_proxy(stage, "no_proxy") &&
              add_no_proxy(stage, "NO_PROXY");
    for (size_t i = 0; ok && i < sizeof by_ca / sizeof *by_ca; i++)
        ok = add_variable(stage, by_ca[i], answer_text(stage->description, "ca_file"));
    free(json);
    return ok;
}

/* ---- the laboratory ---- */

static enum ctl_exit write_files(struct stage *stage, int64_t now) {
    struct buffer anchors = {0}, hosts = {0};
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    enum ctl_exit status = CTL_FINE;
    char *folder = path_join(child_keeper_folder(stage->keeper), "lab");
    if (folder && lab_anchors(stage->lab, RUN, &anchors, &err) &&
        lab_hosts(stage->lab, RUN, &hosts, &err) && !anchors.failed && !hosts.failed)
        status =
            child_keeper_add_hosts(stage->keeper, hosts.data, &err)
                ? lab_write_files(folder, stage->description, anchors.data, hosts.data, now, false)
                : ctl_fail(&err);
    else
        status = ctl_fail(&err);
    free(folder);
    buffer_finish(&anchors);
    buffer_finish(&hosts);
    return status;
}

static enum ctl_exit prepare(const struct ctl *ctl, struct stage *stage) {
    const struct lab_settings settings = {.domain = ctl_value(ctl, "--domain"),
                                          .address = ctl_value(ctl, "--address")};
    struct error err = {0};
    if (ctl_has(ctl, "--known")) {
        enum ctl_exit read = lab_known_read(ctl_value(ctl, "--known"), &stage->known);
        if (read != CTL_FINE)
            return read;
    }
    /* The keeper and the signals first: there is but one thread yet. */
    if (!child_keeper_create("mailstored-lab", &stage->keeper, &err))
        return ctl_fail_given(&err);
    child_take_signals();
    if (!lab_create(&settings, &stage->lab, &err) || !lab_start(stage->lab, RUN, 0, &err))
        return ctl_fail_given(&err);
    stage->description = lab_describe(stage->lab, RUN, &err);
    if (!stage->description)
        return ctl_fail(&err);
    if (!lab_known_describe(stage->description, stage->known))
        return ctl_no_memory();
    enum ctl_exit status = write_files(stage, ctl->now);
    if (status == CTL_FINE && !add_variables(stage))
        return ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
    return status;
}

/* ---- the command ---- */

static bool is_same_host(const struct socket_address *a, const struct socket_address *b) {
    char one[SOCKET_TEXT_SIZE], other[SOCKET_TEXT_SIZE];
    return strcmp(socket_address_host((const struct sockaddr *)&a->storage, one),
                  socket_address_host((const struct sockaddr *)&b->storage, other)) == 0;
}

/* Does this machine find the hosts by itself, and here? Of names below "localhost" some do, others
 * do not; other names may lead anywhere. */
static bool hosts_resolve(const struct stage *stage) {
    struct socket_address *found = NULL, *wanted = NULL;
    size_t count = 0, one = 0;
    char name[300];
    bool ok = false;
    snprintf(name, sizeof name, "right.%s", answer_text(stage->description, "domain"));
    if (resolve_host(answer_text(stage->description, "address"), PORT, &wanted, &one, NULL) &&
        resolve_host(name, PORT, &found, &count, NULL))
        for (size_t i = 0; !ok && i < count; i++)
            ok = is_same_host(&found[i], wanted);
    free(found);
    free(wanted);
    return ok;
}

static enum ctl_exit run_command(const struct ctl *ctl, struct stage *stage, int *command_status) {
    struct error err = {0};
    struct child *child = NULL;
    bool hosts_failed = false;
    const struct child_plan plan = {
        .command = ctl->arguments,
        .environment = (const char *const *)stage->variables,
        .hosts = hosts_resolve(stage) ? NULL : child_keeper_hosts(stage->keeper)};
    if (!child_start(stage->keeper, &plan, &child, &hosts_failed, &err))
        return ctl_fail_given(&err);
    if (hosts_failed)
        ctl_warn("the names of the laboratory do not resolve here, and an /etc/hosts for the "
                 "command alone cannot be had: it must look into %s by itself",
                 answer_text(stage->description, "hosts_file"));
    *command_status = child_wait(child);
    return CTL_FINE;
}

/* ---- the report ---- */

static enum ctl_exit print_report(struct ctl *ctl, const json_t *report) {
    const char *path = ctl_value(ctl, "--output");
    struct buffer text = {0};
    enum ctl_exit status = CTL_FINE;
    if (!path) {
        lab_print_report(ctl, report, &ctl->out);
        return CTL_FINE;
    }
    lab_print_report(ctl, report, &text);
    if (text.failed)
        status = ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
    else
        status = output_file_write(path, text.data, text.size, 0644, true);
    buffer_finish(&text);
    return status;
}

static enum ctl_exit judge(struct ctl *ctl, const struct stage *stage, int command_status) {
    struct error err = {0};
    lab_settle(stage->lab);
    json_t *report = lab_result(stage->lab, RUN, &err);
    if (!report)
        return ctl_fail(&err);
    enum ctl_exit known =
        stage->known ? lab_known_judge(report, stage->known, ctl_value(ctl, "--known")) : CTL_FINE;
    enum ctl_exit status = print_report(ctl, report);
    bool right = lab_report_is_right(report);
    json_decref(report);
    if (command_status != 0)
        ctl_warn("%s ended with status %d", ctl->arguments[0], command_status);
    if (status != CTL_FINE)
        return status;
    bool failed = command_status != 0 && ctl_has(ctl, "--command-must-succeed");
    return right && !failed ? known : CTL_ATTENTION;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct stage stage = {0};
    int command_status = 0;
    enum ctl_exit status = prepare(ctl, &stage);
    if (status == CTL_FINE)
        status = run_command(ctl, &stage, &command_status);
    if (status == CTL_FINE)
        status = judge(ctl, &stage, command_status);
    stage_finish(&stage);
    return status;
}

static bool check_domain(const char *value, struct error *err) {
    if (conf_is_lab_domain(value))
        return true;
    error_set(err, ERROR_INPUT, "is " CONF_LAB_DOMAINS);
    return false;
}

static bool check_address(const char *value, struct error *err) {
    if (conf_is_lab_address(value))
        return true;
    error_set(err, ERROR_INPUT, "is " CONF_LAB_ADDRESSES);
    return false;
}

static const struct ctl_option options[] = {
    {.name = "--command-must-succeed",
     .help = "fail, too, if the command ends with another status than 0"},
    {.name = "--known",
     .value = "FILE",
     .help = "scenarios in which the client is known to be wrong, and why: a line for each",
     .completion = CTL_COMPLETE_FILE},
    {.name = "--output",
     .value = "FILE",
     .help = "write the report there rather than to standard output",
     .completion = CTL_COMPLETE_FILE},
    {.name = "--all", .help = "tell what was right and what was not tried, too"},
    {.name = "--format",
     .value = "FORMAT",
     .help = "text, junit (XML) or tap (Test Anything Protocol)",
     .completion = CTL_COMPLETE_WORDS,
     .words = LAB_FORMATS,
     .check = lab_format_check,
     .not_with = "--json"},
    {.name = "--domain",
     .value = "DOMAIN",
     .help = "of its hosts; lab.localhost without it",
     .check = check_domain},
    {.name = "--address",
     .value = "ADDRESS",
     .help = "where it listens; 127.0.0.1 without it",
     .check = check_address},
    {0},
};

const struct ctl_verb verb_lab_run = {
    .name = "lab run",
    .arguments = "-- COMMAND…",
    .summary = "a laboratory for one command: fails unless the client was right",
    .help =
        "Begins a laboratory of its own on free ports, runs the command, and prints the report.\n"
        "Needs no daemon, and leaves nothing behind. The command finds in MAILSTORED_LAB_JSON\n"
        "the file with every scenario, in MAILSTORED_LAB_CA the trust anchors, in\n"
        "MAILSTORED_LAB_HOSTS lines for /etc/hosts; SSL_CERT_FILE, CURL_CA_BUNDLE,\n"
        "REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS and JAVA_TOOL_OPTIONS are set for clients\n"
        "that know them; no_proxy keeps them from proxies. Exit status 0 only if every client\n"
        "was right in all that it tried, or known not to be (--known); the command's own status\n"
        "does not count unless it must.\n",
    .least_arguments = 1,
    .most_arguments = 10000,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_FILE,
};
