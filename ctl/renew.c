/* The verb `renew`: has the daemon make its own certificate anew. */
#include "certs/cert_set.h"
#include "ctl/command_line.h"
#include "ctl/order.h"

static enum ctl_exit run(struct ctl *ctl) {
    struct buffer done = {0};
    buffer_append_text(&done, "renewed; \"");
    command_line_append(ctl, "show", CERT_GENERATED_NAME, &done);
    buffer_append_text(&done, "\" shows it");
    enum ctl_exit status = order_give(ctl, "renew", done.failed ? "renewed" : done.data);
    buffer_finish(&done);
    return status;
}

const struct ctl_verb verb_renew = {
    .name = "renew",
    .summary = "have the daemon make its own certificate anew",
    .help = "For the host's names and addresses as they are now. Who trusted the old one must be\n"
            "given the new one.\n",
    .run = run,
};
