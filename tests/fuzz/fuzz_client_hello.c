/* daemon/client_hello.c reads what any client sends before it is known. */
#include "certs/cert.h"
#include "daemon/client_hello.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned with = client_hello_key_types(data, size, true);
    unsigned without = client_hello_key_types(data, size, false);
    if ((with | without) & ~(unsigned)CERT_KEY_ANY)
        abort();
    return 0;
}
