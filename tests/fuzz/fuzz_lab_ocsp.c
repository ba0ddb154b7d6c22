/* Any octets as an OCSP request that the laboratory is asked. */
#include "lab/forge.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct blob request = {0}, serial = {0};
    unsigned char *copy = malloc(size ? size : 1); /* its end is the memory's end */
    if (!copy)
        return 0;
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i];
    request = (struct blob){copy, size};
    if (forge_ocsp_request_serial(&request, &serial) &&
        (serial.size == 0 || serial.data < copy || serial.data + serial.size > copy + size))
        abort();
    free(copy);
    return 0;
}
