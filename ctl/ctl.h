/* What the verbs of mailstorectl share: options, exit statuses, the table of verbs. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

/* Documented in mailstorectl(1). */
enum ctl_exit {
    CTL_FINE = 0,
    CTL_ATTENTION = 1,  /* done, and something needs attention */
    CTL_NO_DAEMON = 3,  /* no daemon answers where one is needed */
    CTL_NO_ENTRY = 4,   /* the store knows no such entry */
    CTL_FAILED = 5,     /* may not or cannot be read, asked or written */
    CTL_USAGE = 64,     /* EX_USAGE */
    CTL_BAD_CONFIG = 78 /* EX_CONFIG */
};

/* As on the command line; borrowed from it. */
struct ctl_options {
    const char *config_file;
    const char *state_folder;
    const char *store_folder;
    const char *server_name;
    bool json;
    bool pem;
    bool help;
    bool version;
};

/* One run of the tool. */
struct ctl {
    struct ctl_options options;
    const char *const *arguments; /* behind the verb */
    size_t argument_count;
    int64_t now;
    struct buffer out; /* becomes standard output when the verb is done */
};

/* One row of the table: a verb is a function in a file of its own. */
struct ctl_verb {
    const char *name;
    const char *arguments; /* for help, e.g. "NAME" */
    const char *summary;   /* one line */
    const char *help;      /* paragraphs, with line ends */
    size_t least_arguments, most_arguments;
    enum ctl_exit (*run)(struct ctl *ctl);
};

/* Ends with a NULL name. */
extern const struct ctl_verb ctl_verbs[];
/* NULL if there is none of that name. */
const struct ctl_verb *ctl_verb_find(const char *name);

enum ctl_exit ctl_status(struct ctl *ctl);
enum ctl_exit ctl_list(struct ctl *ctl);
enum ctl_exit ctl_show(struct ctl *ctl);
enum ctl_exit ctl_reload(struct ctl *ctl);
enum ctl_exit ctl_renew(struct ctl *ctl);
enum ctl_exit ctl_help(struct ctl *ctl);

/* Says on standard error what went wrong; gives the exit status for its kind. */
enum ctl_exit ctl_fail(const struct error *err);
/* The same for a wrong command line, with a hint where help is. */
enum ctl_exit ctl_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
