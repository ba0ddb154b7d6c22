/* daemon/client_hello.c reads what any client sends before it is known. */
#include "certs/cert.h"
#include "daemon/client_hello.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int versions = 0; versions < 4; versions++) {
        bool tls12 = versions & 1, tls13 = versions & 2;
        struct client_offer offer = client_hello_read(data, size, tls12, tls13);
        if (offer.key_types & ~(unsigned)CERT_KEY_ANY || (offer.tls12 && !tls12) ||
            (offer.tls13 && !tls13) || (!offer.well_formed && offer.key_types))
            abort();
    }
    return 0;
}
