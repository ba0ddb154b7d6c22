/* Answers as JSON: looking into them, and printing them. */
#pragma once

#include "base/blob.h"

#include <jansson.h>
#include <stdint.h>

/* What stands in a member, or the value for its absence. */
const char *answer_text(const json_t *object, const char *member); /* NULL */
int64_t answer_integer(const json_t *object, const char *member);  /* 0 */
bool answer_true(const json_t *object, const char *member);        /* false */

/* Takes off what belongs to the protocol alone: a program that reads --json knows no protocol. */
void answer_strip(json_t *answer);

/* Appends it indented, in the order its members were set, with a line end. */
void answer_append_json(const json_t *answer, struct buffer *out);

/* What the verbs print for people, of what --json prints (mailstorectl(1)). */
void list_print(const json_t *answer, int64_t now, struct buffer *out);
void show_print(const json_t *answer, int64_t now, struct buffer *out);
void status_print(const json_t *answer, int64_t now, struct buffer *out);
