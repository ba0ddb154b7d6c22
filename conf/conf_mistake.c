#include "conf/conf_mistake.h"

#include "base/blob.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { MISTAKE_SIZE = 2048 };

__attribute__((format(printf, 4, 0))) static void tell(struct conf_mistakes *mistakes,
                                                       struct conf_origin at, bool warning,
                                                       const char *format, va_list arguments) {
    char text[MISTAKE_SIZE];
    vsnprintf(text, sizeof text, format, arguments);
    struct buffer printable = {0};
    utf8_append_printable(&printable, text);
    bool told_whole = !printable.failed && printable.data;
    const struct conf_mistake mistake = {
        .file = at.file,
        .line = at.line,
        .text = told_whole ? printable.data : "a mistake (out of memory while telling it)",
        .warning = warning,
    };
    mistakes->report(mistakes->context, &mistake);
    buffer_finish(&printable);
}

void conf_mistake(struct conf_mistakes *mistakes, struct conf_origin at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell(mistakes, at, false, format, arguments);
    va_end(arguments);
    mistakes->count++;
}

void conf_warning(struct conf_mistakes *mistakes, struct conf_origin at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell(mistakes, at, true, format, arguments);
    va_end(arguments);
}

void conf_out_of_memory(struct conf_mistakes *mistakes) {
    conf_mistake(mistakes, (struct conf_origin){"configuration", 0}, "out of memory");
}
