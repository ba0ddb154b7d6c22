#include "certs/pem_write.h"

#include "certs/parsed.h"

#include <stdlib.h>
#include <string.h>

static bool encode(const struct pem_part *part, gnutls_datum_t *out, struct error *err) {
    gnutls_datum_t datum = datum_of(part->der);
    int code = gnutls_pem_base64_encode2(part->label, &datum, out);
    if (code < 0)
        error_set_gnutls(err, code, "the %s cannot be written", part->label);
    return code == 0;
}

static void wipe(gnutls_datum_t *datum) {
    if (datum->data)
        gnutls_memset(datum->data, 0, datum->size);
    gnutls_free(datum->data);
}

bool pem_write(const struct pem_part *parts, size_t count, struct blob *out, struct error *err) {
    bool ok = false;
    size_t size = 0;
    struct blob text = {0};
    gnutls_datum_t *blocks = calloc(count + 1, sizeof *blocks);
    if (!blocks) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!encode(&parts[i], &blocks[i], err))
            goto done;
        size += blocks[i].size;
    }
    /* Allocated once: a buffer that grows would leave pieces of the key behind. */
    text.data = malloc(size + 1);
    if (!text.data) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(text.data + text.size, blocks[i].data, blocks[i].size);
        text.size += blocks[i].size;
    }
    text.data[text.size] = '\0';
    *out = text;
    ok = true;
done:
    for (size_t i = 0; i < count; i++)
        wipe(&blocks[i]);
    free(blocks);
    return ok;
}
