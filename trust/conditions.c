#include "trust/conditions.h"

const struct trust_condition_row trust_conditions[TRUST_CONDITION_COUNT] = {
    [TRUST_NAMED] = {"named", "the certificate has names where clients look for them",
                     "Chromium, Edge, Firefox and Go look in the subject alternative names alone; "
                     "others take the common name where there are none",
                     "make it again with its names as subject alternative names"},
    [TRUST_USED] = {"used", "the client uses one of these names", "all clients",
                    "use a name that stands in the certificate, or make one for this name"},
    [TRUST_ISSUER] = {"issuer", "the issuer is trusted", "all clients",
                      "deploy the issuer's certificate, and send the whole chain"},
    [TRUST_CURRENT] = {"current", "the certificate has begun and has not expired", "all clients",
                       "renew it"},
};
