#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts at a whole UTF-8 character, so that a cut text still prints. */
__attribute__((format(printf, 3, 0))) static void
print_text(char *text, size_t room, const char *format, va_list arguments) {
    int wanted = vsnprintf(text, room, format, arguments);
    if (wanted < 0) {
        text[0] = '\0';
        return;
    }
    if ((size_t)wanted < room)
        return;
    size_t end = room - 1;
    while (end > 0 && ((unsigned char)text[end - 1] & 0xC0) == 0x80)
        end--;
    if (end > 0 && (unsigned char)text[end - 1] >= 0xC0)
        text[end - 1] = '\0';
}

void error_set(struct error *err, enum error_kind kind, const char *format, ...) {
    if (!err)
        return;
    /* Through a copy, since an argument may be the error's own text. */
    char text[sizeof err->text];
    va_list arguments;
    va_start(arguments, format);
    print_text(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(err->text, text, sizeof text);
    err->kind = kind;
}

static enum error_kind kind_of(int errno_value) {
    switch (errno_value) {
    case ENOMEM:
        return ERROR_MEMORY;
    case ENOENT:
    case ENOTDIR:
        return ERROR_MISSING;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERROR_PERMISSION;
    case EEXIST:
        return ERROR_EXISTS;
    case EBUSY:
    case EADDRINUSE:
    case EWOULDBLOCK:
        return ERROR_BUSY;
    case ENOSPC:
#ifdef EDQUOT
    case EDQUOT:
#endif
        return ERROR_SPACE;
    default:
        return ERROR_SYSTEM;
    }
}

void error_set_system(struct error *err, int errno_value, const char *format, ...) {
    if (!err)
        return;
    char text[sizeof err->text];
    va_list arguments;
    va_start(arguments, format);
    print_text(text, sizeof text, format, arguments);
    va_end(arguments);

    char system[128];
    /* The GNU form of strerror_r returns the text, the POSIX form a status. */
#ifdef __GLIBC__
    const char *words = strerror_r(errno_value, system, sizeof system);
#else
    const char *words = strerror_s(system, sizeof system, errno_value) ? "unknown error" : system;
#endif
    error_set(err, kind_of(errno_value), "%s: %s", text, words);
}

bool error_no_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

void error_prefix(struct error *err, const char *format, ...) {
    if (!err)
        return;
    char context[sizeof err->text];
    va_list arguments;
    va_start(arguments, format);
    print_text(context, sizeof context, format, arguments);
    va_end(arguments);
    error_set(err, err->kind, "%s: %s", context, err->text);
}
