/* The two messages as bytes and as JSON; what they are is said in docs/CONTROL.md. No sockets here,
 * so that it can be fuzzed. */
#pragma once

#include "base/blob.h"
#include "control/control.h"

/* Answers one request, given without its line end: finds the command in the table, has it
 * answered, and appends the answer's line to `out`. Whatever the request is, there is an answer,
 * unless memory is out (`out->failed`). */
void control_message_answer(const struct control_command *commands, void *context,
                            const char *request, size_t size, struct buffer *out);

/* Appends the line of an answer that is an error. */
void control_message_refuse(const struct error *why, struct buffer *out);

/* Appends a request's line. False: out of memory. */
bool control_message_request(const char *command, const json_t *members, struct buffer *out);

/* Reads an answer, given without its line end. False if it is none, or is an error itself. */
bool control_message_read(const char *answer, size_t size, json_t **out, struct error *err);
