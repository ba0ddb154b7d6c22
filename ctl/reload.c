/* The verb `reload`: has the daemon read its configuration and its store again. */
#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/place.h"

enum { RELOAD_TIMEOUT_MS = 60000 }; /* a first reading of many thousand files takes its time */

enum ctl_exit ctl_reload(struct ctl *ctl) {
    struct place place = {0};
    if (ctl->options.store_folder)
        return ctl_misuse("reload asks a daemon; --store asks none");
    enum ctl_exit status = place_find(&ctl->options, &place);
    if (status != CTL_FINE)
        return status;
    struct error err = {0};
    json_t *answer = NULL;
    bool ok = control_ask(place.socket, "reload", NULL, RELOAD_TIMEOUT_MS, &answer, &err);
    place_finish(&place);
    if (!ok)
        return ctl_fail(&err);
    buffer_append_text(&ctl->out,
                       ctl->options.json ? "{\n  \"reloaded\": true\n}\n" : "reloaded\n");
    json_decref(answer);
    return CTL_FINE;
}
