/* What the verbs of mailstorectl share: options, exit statuses, the table of verbs. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

/* Documented in mailstorectl(1). */
enum ctl_exit {
    CTL_FINE = 0,
    CTL_ATTENTION = 1,  /* done, and something needs attention */
    CTL_NO_DAEMON = 3,  /* no daemon answers where one is needed */
    CTL_NO_ENTRY = 4,   /* the store knows no such entry */
    CTL_FAILED = 5,     /* may not or cannot be read, asked or written; refused */
    CTL_USAGE = 64,     /* EX_USAGE */
    CTL_BAD_CONFIG = 78 /* EX_CONFIG */
};

/* What completion offers for a value or an argument. */
enum ctl_completion {
    CTL_COMPLETE_NOTHING,
    CTL_COMPLETE_FILE,
    CTL_COMPLETE_FOLDER,
    CTL_COMPLETE_ENTRY,
    CTL_COMPLETE_SERVICE,
    CTL_COMPLETE_SERVICE_THEN_ENTRY, /* the first argument, the second */
    CTL_COMPLETE_RUN,                /* of the laboratory */
    CTL_COMPLETE_FOLDER_THEN_RUN,
    CTL_COMPLETE_VERB,
    CTL_COMPLETE_WORDS, /* those of `words` */
};

struct ctl_option {
    const char *name;  /* "--name" */
    const char *value; /* what stands behind it, for help: "HOST"; NULL: nothing, it is a switch */
    const char *help;  /* one line */
    bool many;         /* may be given several times; otherwise the last one counts */
    enum ctl_completion completion;
    const char *words; /* "pem der p7b p12" */
    /* Can this be a value of it? The error says why not, after the option's name. NULL: anything.
     */
    bool (*check)(const char *value, struct error *err);
    const char *not_with; /* another option of the verb; NULL: it goes with all */
};

/* One run of the tool. */
struct ctl {
    struct ctl_options *options;
    const struct ctl_verb *verb;
    const char *const *arguments; /* behind the verb */
    size_t argument_count;
    int64_t now;
    struct buffer out; /* becomes standard output when the verb is done */
};

/* A verb is a file of its own, which holds this row and what it runs. */
struct ctl_verb {
    const char *name;      /* of one or two words: "authority create" */
    const char *arguments; /* for help, e.g. "NAME"; NULL: none */
    const char *summary;   /* one line */
    const char *help;      /* paragraphs, with line ends; NULL: the summary says it all */
    size_t least_arguments, most_arguments;
    enum ctl_exit (*run)(struct ctl *ctl);
    const struct ctl_option *options; /* beside those of every verb; NULL: none */
    enum ctl_completion completion;   /* of its arguments */
    const char *words;                /* for CTL_COMPLETE_WORDS */
};

/* In the order of the help; ends with NULL. */
extern const struct ctl_verb *const ctl_verbs[];

/* What was given for an option of this verb, or of every verb. Borrowed from the command line. */
bool ctl_has(const struct ctl *ctl, const char *option);
const char *ctl_value(const struct ctl *ctl, const char *option); /* the last; NULL: not given */
const char *ctl_value_at(const struct ctl *ctl, const char *option, size_t i); /* NULL: no more */

/* Says on standard error what went wrong; gives the exit status for its kind. */
enum ctl_exit ctl_fail(const struct error *err);
/* The same where what may be missing is no entry of the store, but something that was named on the
 * command line. */
enum ctl_exit ctl_fail_given(const struct error *err);
/* The same where memory ran out. */
enum ctl_exit ctl_no_memory(void);
/* The same for a wrong command line, with a hint where help is. */
enum ctl_exit ctl_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says on standard error what somebody should know; control characters made printable. */
void ctl_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends a verb: prints `answer` (taken; NULL: out of memory) as JSON or, by `print`, for people. */
enum ctl_exit ctl_answer(struct ctl *ctl, json_t *answer,
                         void (*print)(const json_t *answer, int64_t now, struct buffer *out),
                         enum ctl_exit status);
