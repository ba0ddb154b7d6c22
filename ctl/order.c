#include "ctl/order.h"

#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/place.h"

enum { ORDER_TIMEOUT_MS = 60000 }; /* a first reading of many thousand files takes its time */

enum ctl_exit order_ask(const struct ctl *ctl, const char *command, json_t *members, int timeout_ms,
                        json_t **answer) {
    struct place place = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FINE;
    if (ctl_has(ctl, "--store"))
        status = ctl_misuse("%s asks a daemon; --store asks none", command);
    else
        status = place_find(ctl, &place);
    if (status == CTL_FINE &&
        !control_ask(place.socket, command, members, timeout_ms, answer, &err))
        status = ctl_fail(&err);
    if (status == CTL_FINE)
        answer_strip(*answer);
    json_decref(members);
    place_finish(&place);
    return status;
}

enum ctl_exit order_give(struct ctl *ctl, const char *command, const char *done) {
    json_t *answer = NULL;
    enum ctl_exit status = order_ask(ctl, command, NULL, ORDER_TIMEOUT_MS, &answer);
    if (status != CTL_FINE)
        return status;
    if (ctl_has(ctl, "--json"))
        answer_append_json(answer, &ctl->out);
    else
        buffer_printf(&ctl->out, "%s\n", done);
    json_decref(answer);
    return CTL_FINE;
}
