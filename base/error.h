/* Errors as values: a kind for the program, a sentence for a person.
 *
 * A function that can fail in ways its caller must expect returns bool and takes a
 * `struct error *`. On failure it fills the error; on success it leaves it alone.
 * Nobody but `main` exits; whoever handles an error logs it, once. */
#pragma once

#include <stdbool.h>

enum error_kind {
    ERROR_NONE = 0,
    ERROR_MEMORY,      /* out of memory */
    ERROR_SYSTEM,      /* the operating system refused for another reason than those below */
    ERROR_INPUT,       /* the content is not what it must be: does not parse, does not match */
    ERROR_MISSING,     /* what was named is not there */
    ERROR_PERMISSION,  /* may not be read or written, or may be read by too many */
    ERROR_EXISTS,      /* would overwrite what must be kept */
    ERROR_BUSY,        /* somebody else holds it */
    ERROR_SPACE,       /* no room left on the device */
    ERROR_CONFIG,      /* the configuration is wrong */
    ERROR_UNREACHABLE, /* nobody answers where somebody should */
};

struct error {
    enum error_kind kind;
    char text[600]; /* one sentence, UTF-8, no line end; says what, where and how to mend it */
};

/* Fills `err` (NULL is legal: the caller does not care). Longer texts are cut. */
void error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same from an `errno` value: the kind follows from it, and ": " with the system's words
 * is appended to the text. */
void error_set_system(struct error *err, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "out of memory". Gives false, for whoever ends with it. */
bool error_no_memory(struct error *err);

/* Puts "context: " before the text that stands in `err`; the kind stays. */
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
