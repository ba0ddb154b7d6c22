/* The verb `renew`: has the daemon make its own certificate anew. */
#include "ctl/order.h"

static enum ctl_exit run(struct ctl *ctl) {
    return order_give(ctl, "renew", "renewed; \"mailstorectl show MailStoreServer\" shows it");
}

const struct ctl_verb verb_renew = {
    .name = "renew",
    .summary = "have the daemon make its own certificate anew",
    .help = "For the host's names and addresses as they are now. Who trusted the old one must be\n"
            "given the new one.\n",
    .run = run,
};
