/* Asking a daemon about its laboratory. */
#pragma once

#include "ctl/ctl.h"

/* Gives the command with the run's name (NULL: the one that is always there) and `members` (taken;
 * may be NULL). Says on standard error why not. Gives `out` if CTL_FINE: json_decref. */
enum ctl_exit lab_ask(const struct ctl *ctl, const char *command, const char *run, json_t *members,
                      json_t **out);

/* The report in the form that --format names, as `out` has it. */
void lab_print_report(const struct ctl *ctl, const json_t *report, struct buffer *out);

/* "text junit tap", for --format. */
#define LAB_FORMATS "text junit tap"
bool lab_format_check(const char *value, struct error *err);

/* The files that clients need (docs/lab/README.md), written into a folder: lab.json, with where the
 * others are, ca.pem, hosts, truststore.jks. `description` gets "ca_file", "hosts_file",
 * "truststore_file". Says on standard error why not. */
enum ctl_exit lab_write_files(const char *folder, json_t *description, const char *anchors,
                              const char *hosts, int64_t now, bool force);
