/* Certificates and keys in files that were named on the command line. */
#pragma once

#include "certs/gather.h"
#include "ctl/ctl.h"

/* Reads every argument of the verb as a file. Where one is encrypted and the verb has
 * SECRET_OPTIONS("password"), asks for the password as those say; where it has not, that is an
 * error. Says on standard error what is wrong. Gives `out`. */
enum ctl_exit given_files_gather(const struct ctl *ctl, bool may_ask, struct cert_gathering **out);
