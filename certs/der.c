#include "certs/der.h"

#include <stdint.h>

/* The header's own size, 0 if there is none; `content` gets the size of what follows it. */
static size_t read_header(const unsigned char *data, size_t size, size_t *content) {
    if (size < 2 || (data[0] & 0x1f) == 0x1f)
        return 0;
    if (data[1] < 0x80) {
        *content = data[1];
        return 2;
    }
    size_t count = data[1] & 0x7f;
    if (count == 0 || count > 4 || size < 2 + count)
        return 0;
    size_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | data[2 + i];
    *content = value;
    return 2 + count;
}

bool der_take(struct der_element *rest, struct der_element *out) {
    size_t content = 0;
    size_t header = read_header(rest->data, rest->size, &content);
    if (header == 0 || content > rest->size - header)
        return false;
    *out = (struct der_element){rest->data[0], rest->data + header, content};
    rest->data += header + content;
    rest->size -= header + content;
    return true;
}

size_t der_claimed_size(const unsigned char *data, size_t size) {
    size_t content = 0;
    size_t header = read_header(data, size, &content);
    return header == 0 || content > SIZE_MAX - header ? 0 : header + content;
}
