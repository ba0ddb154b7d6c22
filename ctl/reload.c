/* The verb `reload`: has the daemon read its configuration and its store again. */
#include "ctl/order.h"

enum ctl_exit ctl_reload(struct ctl *ctl) {
    return order_give(ctl, "reload", "reloaded");
}
