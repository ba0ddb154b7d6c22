#include "ctl/order.h"

#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/place.h"

enum { ORDER_TIMEOUT_MS = 60000 }; /* a first reading of many thousand files takes its time */

enum ctl_exit order_give(struct ctl *ctl, const char *command, const char *done) {
    if (ctl_has(ctl, "--store"))
        return ctl_misuse("%s asks a daemon; --store asks none", command);
    struct place place = {0};
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE)
        return status;
    struct error err = {0};
    json_t *answer = NULL;
    bool ok = control_ask(place.socket, command, NULL, ORDER_TIMEOUT_MS, &answer, &err);
    place_finish(&place);
    if (!ok)
        return ctl_fail(&err);
    answer_strip(answer);
    if (ctl_has(ctl, "--json"))
        answer_append_json(answer, &ctl->out);
    else
        buffer_printf(&ctl->out, "%s\n", done);
    json_decref(answer);
    return CTL_FINE;
}
