/* Certificates that the configuration pins but the store does not have: a warning, since a
 * certificate is chosen by name meanwhile. */
#pragma once

#include "certs/cert_set.h"
#include "conf/conf.h"

/* Reports each pin of an enabled service that is no entry of the set, with its place. */
void pins_check(const struct conf *conf, const struct cert_set *set, conf_report *report,
                void *context);

/* The same against the store's folder as it is now, read for this. */
void pins_check_store(const struct conf *conf, conf_report *report, void *context);
