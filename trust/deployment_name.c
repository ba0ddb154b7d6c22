#include "trust/deployment_name.h"

#include <stdio.h>

const char *deployment_name(const struct cert_info *anchor, char out[static DEPLOYMENT_NAME_SIZE]) {
    const unsigned char *print = anchor->fingerprint;
    snprintf(out, DEPLOYMENT_NAME_SIZE, "mailstored-%02x%02x%02x%02x", print[0], print[1], print[2],
             print[3]);
    return out;
}
