#include "ctl/answer.h"

const char *answer_text(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

int64_t answer_integer(const json_t *object, const char *member) {
    return json_integer_value(json_object_get(object, member));
}

bool answer_true(const json_t *object, const char *member) {
    return json_is_true(json_object_get(object, member));
}

void answer_strip(json_t *answer) {
    json_object_del(answer, "protocol");
    json_object_del(answer, "ok");
}

static int append_piece(const char *data, size_t size, void *context) {
    buffer_append(context, data, size);
    return 0;
}

void answer_append_json(const json_t *answer, struct buffer *out) {
    if (json_dump_callback(answer, append_piece, out, JSON_INDENT(2)) != 0)
        out->failed = true;
    buffer_append_text(out, "\n");
}
