/* The verb `metrics`: what Prometheus would fetch. */
#include "ctl/answer.h"
#include "ctl/order.h"

enum { METRICS_TIMEOUT_MS = 30000 };

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    (void)now;
    const char *text = answer_text(answer, "text");
    buffer_append_text(out, text ? text : "");
}

static enum ctl_exit run(struct ctl *ctl) {
    json_t *answer = NULL;
    enum ctl_exit status = order_ask(ctl, "metrics", NULL, METRICS_TIMEOUT_MS, &answer);
    return status == CTL_FINE ? ctl_answer(ctl, answer, print, CTL_FINE) : status;
}

const struct ctl_verb verb_metrics = {
    .name = "metrics",
    .summary = "what the daemon counts, in Prometheus' text format",
    .help = "The same that it tells at metrics.listen, where that is configured.\n",
    .run = run,
};
