/* daemon/request_target.c and daemon/alert_watch.c: bytes of any client, before and after TLS. */
#include "tls/alert_watch.h"
#include "daemon/request_target.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_text(const char *text, size_t size) {
    char host[REQUEST_HOST_SIZE];
    unsigned port = 0;
    if (authority_parse(text, size, host, &port) && (port > 65535 || strlen(host) >= sizeof host))
        abort();
    if (target_path(text)[0] == '\0' && text[0] != '\0')
        abort();
    size_t length;
    target_authority(text, &length);
    target_is_sound(text, size);
    entity_tag_listed(text, "\"tag\"");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct alert_watch whole = {0}, pieces = {0};
    alert_watch_feed(&whole, data, size);
    for (size_t i = 0; i < size; i++)
        alert_watch_feed(&pieces, data + i, 1);
    if (whole.alert != pieces.alert || whole.rest != pieces.rest)
        abort();
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    read_text(text, strlen(text));
    free(text);
    return 0;
}
