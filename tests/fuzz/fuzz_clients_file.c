/* What may stand in the file of clients. */
#include "daemon/clients_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct client_seen *clients = NULL, *again = NULL;
    size_t count = 0, count_again = 0;
    struct error err = {0};
    if (!clients_file_read(data, size, &clients, &count, &err)) {
        if (err.text[0] == '\0' || clients)
            abort();
        return 0;
    }
    /* What is read is what is written, and the other way round. */
    struct buffer text = {0};
    clients_file_print(clients, count, &text);
    if (text.failed || !clients_file_read(text.data, text.size, &again, &count_again, &err) ||
        count_again != count || memcmp(clients, again, count * sizeof *clients) != 0)
        abort();
    buffer_finish(&text);
    free(clients);
    free(again);
    return 0;
}
