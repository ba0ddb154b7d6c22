/* What a client of the control socket may send, and what a daemon may answer. */
#include "control/control_message.h"

#include <stdint.h>
#include <stdlib.h>

static json_t *answer_echo(void *context, const json_t *request, struct error *err) {
    (void)context;
    const char *entry = json_string_value(json_object_get(request, "entry"));
    if (!entry) {
        error_set(err, ERROR_MISSING, "no entry");
        return NULL;
    }
    return json_pack("{s:s, s:O}", "entry", entry, "request", (json_t *)request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct control_command commands[] = {
        {"status", answer_echo}, {"show", answer_echo}, {0}};
    struct buffer answer = {0};
    control_message_answer(commands, NULL, (const char *)data, size, &answer);
    /* Whatever was asked, the answer is one line that our own client understands. */
    json_t *read = NULL;
    struct error err = {0};
    if (answer.failed || answer.size == 0 || answer.data[answer.size - 1] != '\n')
        abort();
    if (!control_message_read(answer.data, answer.size - 1, &read, &err) && err.text[0] == '\0')
        abort();
    json_decref(read);
    buffer_finish(&answer);

    read = NULL;
    if (control_message_read((const char *)data, size, &read, NULL))
        json_decref(read);
    return 0;
}
