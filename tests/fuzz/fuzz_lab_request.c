/* lab/request.c reads what any client sends once it has finished the handshake. */
#include "lab/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In pieces, whose size the first byte tells. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lab_request request = {0};
    if (size == 0)
        return 0;
    size_t piece = (size_t)data[0] + 1;
    for (size_t at = 1; at < size; at += piece)
        if (lab_request_feed(&request, data + at, size - at < piece ? size - at : piece))
            break;
    if (request.head.size > LAB_REQUEST_LIMIT || !memchr(request.agent, '\0', LAB_AGENT_SIZE))
        abort();
    for (const char *at = request.agent; *at; at++)
        if (*at < ' ' || *at > '~')
            abort();
    lab_request_finish(&request);
    return 0;
}
