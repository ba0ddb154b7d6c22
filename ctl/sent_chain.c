#include "ctl/sent_chain.h"

#include <stdlib.h>

void sent_chain_finish(struct sent_chain *chain) {
    for (size_t i = 0; i < chain->count; i++)
        blob_finish(&chain->items[i]);
    free(chain->items);
    *chain = (struct sent_chain){0};
}

/* What is not read yet. */
struct rest {
    const unsigned char *data;
    size_t size;
};

/* Takes a vector (RFC 8446, 3.4) whose length stands in so many octets. */
static bool take(struct rest *rest, size_t length_octets, struct rest *out) {
    size_t length = 0;
    if (rest->size < length_octets)
        return false;
    for (size_t i = 0; i < length_octets; i++)
        length = length << 8 | rest->data[i];
    if (rest->size - length_octets < length)
        return false;
    *out = (struct rest){rest->data + length_octets, length};
    rest->data += length_octets + length;
    rest->size -= length_octets + length;
    return true;
}

static bool add(struct sent_chain *chain, struct rest one) {
    struct blob *items = realloc(chain->items, (chain->count + 1) * sizeof *items);
    if (!items)
        return false;
    chain->items = items;
    if (!blob_copy(one.data, one.size, &items[chain->count]))
        return false;
    chain->count++;
    return true;
}

bool sent_chain_read(const unsigned char *message, size_t size, bool is_tls13,
                     struct sent_chain *out) {
    struct rest rest = {message, size}, context, list, one, extensions;
    struct sent_chain chain = {0};
    bool ok = (!is_tls13 || take(&rest, 1, &context)) && take(&rest, 3, &list);
    while (ok && list.size > 0)
        ok = take(&list, 3, &one) && one.size > 0 && (!is_tls13 || take(&list, 2, &extensions)) &&
             add(&chain, one);
    if (ok)
        *out = chain;
    else
        sent_chain_finish(&chain);
    return ok;
}
