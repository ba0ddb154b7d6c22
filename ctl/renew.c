/* The verb `renew`: has the daemon make its own certificate anew. */
#include "ctl/order.h"

enum ctl_exit ctl_renew(struct ctl *ctl) {
    return order_give(ctl, "renew", "renewed; \"mailstorectl show MailStoreServer\" shows it");
}
