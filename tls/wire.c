#include "tls/wire.h"

bool wire_take(struct wire *from, size_t size, struct wire *out) {
    if (from->left < size)
        return false;
    *out = (struct wire){from->at, size};
    from->at += size;
    from->left -= size;
    return true;
}

bool wire_number(struct wire *from, size_t bytes, uint32_t *out) {
    struct wire number;
    if (!wire_take(from, bytes, &number))
        return false;
    *out = 0;
    for (size_t i = 0; i < bytes; i++)
        *out = *out << 8 | number.at[i];
    return true;
}

bool wire_vector(struct wire *from, size_t bytes, struct wire *out) {
    struct wire rest = *from;
    uint32_t size;
    if (!wire_number(&rest, bytes, &size) || !wire_take(&rest, size, out))
        return false;
    *from = rest;
    return true;
}
