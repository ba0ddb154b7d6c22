/* Prometheus' text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#pragma once

#include "base/blob.h"

#include <stdint.h>

#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Begins a family: its samples follow. `type`: "counter" or "gauge". */
void metrics_text_family(struct buffer *out, const char *name, const char *type, const char *help);

struct metrics_label {
    const char *name;
    const char *value; /* any text, made printable: who looks at it may do so on a terminal */
};

/* `labels` (NULL: none) ends with a NULL name. */
void metrics_text_sample(struct buffer *out, const char *name, const struct metrics_label *labels,
                         int64_t value);
