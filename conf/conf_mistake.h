/* Where something stands in the configuration, and saying what is wrong there. */
#pragma once

#include "conf/conf.h"

/* A line of a file; borrowed from the conf's list of files, or a literal. */
struct conf_origin {
    const char *file;
    unsigned line; /* 0: no line of a file */
};

#define CONF_FROM_COMMAND_LINE ((struct conf_origin){"command line", 0})
#define CONF_BUILT_IN ((struct conf_origin){"built in", 0})

/* Whoever finds a mistake tells it here and goes on. */
struct conf_mistakes {
    conf_report *report;
    void *context;
    size_t count; /* without warnings */
};

/* Text from the file that stands in the message is made fit for a terminal. */
void conf_mistake(struct conf_mistakes *mistakes, struct conf_origin at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void conf_warning(struct conf_mistakes *mistakes, struct conf_origin at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void conf_out_of_memory(struct conf_mistakes *mistakes);
