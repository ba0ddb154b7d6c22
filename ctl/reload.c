/* The verb `reload`: has the daemon read its configuration and its store again. */
#include "ctl/order.h"

static enum ctl_exit run(struct ctl *ctl) {
    return order_give(ctl, "reload", "reloaded");
}

const struct ctl_verb verb_reload = {
    .name = "reload",
    .summary = "have the daemon read its configuration and its store again",
    .help = "As SIGHUP does. A configuration with a mistake changes nothing, and the mistake is\n"
            "told.\n",
    .run = run,
};
