#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>

static void complain(const char *text) {
    struct buffer line = {0};
    utf8_append_printable(&line, text);
    fprintf(stderr, "mailstorectl: %s\n", line.data ? line.data : "out of memory");
    buffer_finish(&line);
}

enum ctl_exit ctl_fail(const struct error *err) {
    complain(err->text);
    switch (err->kind) {
    case ERROR_UNREACHABLE:
        return CTL_NO_DAEMON;
    case ERROR_MISSING:
        return CTL_NO_ENTRY;
    case ERROR_CONFIG:
        return CTL_BAD_CONFIG;
    default:
        return CTL_FAILED;
    }
}

enum ctl_exit ctl_fail_given(const struct error *err) {
    enum ctl_exit status = ctl_fail(err);
    return status == CTL_NO_ENTRY ? CTL_FAILED : status;
}

enum ctl_exit ctl_misuse(const char *format, ...) {
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    complain(text);
    fputs("mailstorectl: \"mailstorectl help\" tells what there is\n", stderr);
    return CTL_USAGE;
}

void ctl_warn(const char *format, ...) {
    char text[1200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    complain(text);
}

enum ctl_exit ctl_no_memory(void) {
    return ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
}

enum ctl_exit ctl_answer(struct ctl *ctl, json_t *answer,
                         void (*print)(const json_t *answer, int64_t now, struct buffer *out),
                         enum ctl_exit status) {
    if (!answer)
        return ctl_no_memory();
    if (ctl_has(ctl, "--json"))
        answer_append_json(answer, &ctl->out);
    else
        print(answer, ctl->now, &ctl->out);
    json_decref(answer);
    return status;
}
