/* Everything the metrics tell, in Prometheus' text format. Loop's thread. */
#pragma once

#include "base/blob.h"

struct app;

void metrics_report(const struct app *app, struct buffer *out);
