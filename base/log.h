/* The log: one line for each event, each naming its object and its consequence.
 *
 * Threads: every function may be called from any thread after log_open. The sink is the only
 * mutable global of the program. Never log a secret. */
#pragma once

#include "base/error.h"

/* The journal's priorities (RFC 5424 severities), of which these are used. */
enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
};

enum log_form {
    LOG_FORM_PLAIN,   /* "2026-11-24 10:00:00.123 warning store: …", for people and files */
    LOG_FORM_JOURNAL, /* "<4>store: …", for a service manager that reads priorities (sd-daemon(3))
                       */
};

/* Before log_open, lines of LOG_LEVEL_INFO and above go to standard error in the plain form. */
void log_open(enum log_form form, enum log_level most_verbose);

/* Adds a file (appended to, plain form, mode 0666 less the umask) beside standard error; NULL
 * closes it. Called again with the same path, it reopens it: that is how log rotation works. */
bool log_open_file(const char *path, struct error *err);

/* Changes the verbosity from now on. */
void log_set_level(enum log_level most_verbose);

/* Writes one line: `subject` is the room or object ("store", "listener web-access").
 * Control characters in the text, which may come from the network, are written as \xHH. */
void log_write(enum log_level level, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(subject, ...) log_write(LOG_LEVEL_ERROR, subject, __VA_ARGS__)
#define log_warning(subject, ...) log_write(LOG_LEVEL_WARNING, subject, __VA_ARGS__)
#define log_notice(subject, ...) log_write(LOG_LEVEL_NOTICE, subject, __VA_ARGS__)
#define log_info(subject, ...) log_write(LOG_LEVEL_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...) log_write(LOG_LEVEL_DEBUG, subject, __VA_ARGS__)
