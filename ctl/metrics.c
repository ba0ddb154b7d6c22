/* The verb `metrics`: what Prometheus would fetch. */
#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/place.h"

enum { METRICS_TIMEOUT_MS = 30000 };

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    (void)now;
    const char *text = answer_text(answer, "text");
    buffer_append_text(out, text ? text : "");
}

static enum ctl_exit run(struct ctl *ctl) {
    if (ctl_has(ctl, "--store"))
        return ctl_misuse("metrics asks a daemon; --store asks none");
    struct place place = {0};
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE)
        return status;
    struct error err = {0};
    json_t *answer = NULL;
    bool ok = control_ask(place.socket, "metrics", NULL, METRICS_TIMEOUT_MS, &answer, &err);
    place_finish(&place);
    if (!ok)
        return ctl_fail(&err);
    answer_strip(answer);
    return ctl_answer(ctl, answer, print, CTL_FINE);
}

const struct ctl_verb verb_metrics = {
    .name = "metrics",
    .summary = "what the daemon counts, in Prometheus' text format",
    .help = "The same that it tells at metrics.listen, where that is configured.\n",
    .run = run,
};
