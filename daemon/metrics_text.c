#include "daemon/metrics_text.h"

#include "base/utf8.h"

#include <inttypes.h>

/* A quotation mark only where it would end the text: in a label. */
static void append_escaped(struct buffer *out, const char *text, bool quoted) {
    for (; *text; text++)
        if (*text == '\n')
            buffer_append_text(out, "\\n");
        else if (*text == '\\' || (quoted && *text == '"'))
            buffer_printf(out, "\\%c", *text);
        else
            buffer_append(out, text, 1);
}

void metrics_text_family(struct buffer *out, const char *name, const char *type, const char *help) {
    buffer_printf(out, "# HELP %s ", name);
    append_escaped(out, help, false);
    buffer_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void append_label(struct buffer *out, const struct metrics_label *label) {
    struct buffer printable = {0};
    utf8_append_printable(&printable, label->value);
    buffer_printf(out, "%s=\"", label->name);
    append_escaped(out, printable.data ? printable.data : "", true);
    buffer_append_text(out, "\"");
    out->failed |= printable.failed;
    buffer_finish(&printable);
}

void metrics_text_sample(struct buffer *out, const char *name, const struct metrics_label *labels,
                         int64_t value) {
    buffer_append_text(out, name);
    for (const struct metrics_label *label = labels; label && label->name; label++) {
        buffer_append_text(out, label == labels ? "{" : ",");
        append_label(out, label);
    }
    buffer_printf(out, "%s %" PRId64 "\n", labels && labels->name ? "}" : "", value);
}
