/* The verb `lab files`, and the files themselves, which `lab run` writes, too. */
#include "ctl/answer.h"
#include "ctl/lab_ask.h"
#include "ctl/output_folder.h"
#include "lab/truststore.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MODE 0644

/* The name of a file in the folder, wherever the command runs. */
static bool set_path(json_t *description, const char *member, const char *folder,
                     const char *name) {
    char *path = path_join(folder, name);
    bool ok = path && json_object_set_new(description, member, json_string(path)) == 0;
    free(path);
    return ok;
}

static char *describe(json_t *description, const char *folder) {
    char *absolute = path_absolute(folder);
    bool ok = absolute && set_path(description, "ca_file", absolute, "ca.pem") &&
              set_path(description, "hosts_file", absolute, "hosts") &&
              set_path(description, "truststore_file", absolute, "truststore.jks") &&
              json_object_set_new(description, "truststore_password",
                                  json_string(LAB_TRUSTSTORE_PASSWORD)) == 0;
    free(absolute);
    return ok ? json_dumps(description, JSON_INDENT(2)) : NULL;
}

enum ctl_exit lab_write_files(const char *folder, json_t *description, const char *anchors,
                              const char *hosts, int64_t now, bool force) {
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    struct blob store = {0};
    char *described = describe(description, folder);
    enum ctl_exit status = CTL_FAILED;
    if (described && lab_truststore(anchors, now, &store, &err)) {
        const struct blob json = {(unsigned char *)described, strlen(described)};
        const struct blob ca = {(unsigned char *)anchors, strlen(anchors)};
        const struct blob names = {(unsigned char *)hosts, strlen(hosts)};
        const struct output_entry entries[] = {
            {"ca.pem", FILE_MODE, &ca},
            {"hosts", FILE_MODE, &names},
            {"lab.json", FILE_MODE, &json},
            {"truststore.jks", FILE_MODE, &store},
        };
        status = output_folder_write(folder, entries, sizeof entries / sizeof *entries, force);
    } else {
        status = ctl_fail(&err);
    }
    blob_finish(&store);
    free(described);
    return status;
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    (void)now;
    buffer_printf(out,
                  "written for run %s:\n  trust anchors  %s\n  for Java       %s\n"
                  "  host names     %s\n",
                  answer_text(answer, "run"), answer_text(answer, "ca_file"),
                  answer_text(answer, "truststore_file"), answer_text(answer, "hosts_file"));
}

static enum ctl_exit run(struct ctl *ctl) {
    const char *folder = ctl->arguments[0];
    const char *name = ctl->argument_count > 1 ? ctl->arguments[1] : NULL;
    json_t *description = NULL, *files = NULL;
    enum ctl_exit status = lab_ask(ctl, "lab-describe", name, NULL, &description);
    if (status == CTL_FINE)
        status = lab_ask(ctl, "lab-files", name, NULL, &files);
    if (status == CTL_FINE)
        status = lab_write_files(folder, description, answer_text(files, "anchors"),
                                 answer_text(files, "hosts"), ctl->now, ctl_has(ctl, "--force"));
    json_decref(files);
    if (status == CTL_FINE)
        return ctl_answer(ctl, description, print, CTL_FINE);
    json_decref(description);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--force", .help = "take the place of what an earlier one has written there"},
    {0},
};

const struct ctl_verb verb_lab_files = {
    .name = "lab files",
    .arguments = "DIR [RUN]",
    .summary = "what clients of the laboratory need: trust anchors, host names, where things are",
    .help =
        "Writes ca.pem, truststore.jks (password \"changeit\"), hosts (lines for /etc/hosts) and\n"
        "lab.json into the folder.\n",
    .least_arguments = 1,
    .most_arguments = 2,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_FOLDER_THEN_RUN,
};
