/* tls/hello_print.c reads what any client sends before it is known. */
#include "tls/hello_print.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char print[HELLO_PRINT_SIZE], again[HELLO_PRINT_SIZE];
    memset(print, 'x', sizeof print);
    bool ok = hello_print(data, size, print);
    if (strnlen(print, sizeof print) != (ok ? sizeof print - 1 : 0))
        abort();
    if (hello_print(data, size, again) != ok || strcmp(print, again) != 0)
        abort();
    return 0;
}
