/* What a deployed certificate is called where others' stand beside it. */
#pragma once

#include "certs/cert.h"

/* "mailstored-1a2b3c4d", by its SHA-256, so that two servers' do not get in each other's way, nor
 * an older one in a newer one's; returns `out`. */
enum { DEPLOYMENT_NAME_SIZE = sizeof "mailstored-" + 8 };
const char *deployment_name(const struct cert_info *anchor, char out[static DEPLOYMENT_NAME_SIZE]);
