/* What may stand in the file of pins. */
#include "control/pin_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pin_list list = {0};
    struct error err = {0};
    if (!pin_list_read(data, size, &list, &err)) {
        if (err.text[0] == '\0' || list.items)
            abort();
        return 0;
    }
    /* Each service once, each with an entry, and found again. */
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].entry[0] == '\0' ||
            (i > 0 && strcmp(list.items[i - 1].service, list.items[i].service) >= 0) ||
            pin_list_find(&list, list.items[i].service) != list.items[i].entry)
            abort();
    if (!pin_list_equal(&list, &list))
        abort();
    pin_list_finish(&list);
    return 0;
}
