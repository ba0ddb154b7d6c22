#include "lab/truststore.h"

#include "certs/pem.h"
#include "trust/jks.h"

#include <stdio.h>
#include <string.h>

enum { ANCHOR_LIMIT = 64, ALIAS_SIZE = 24 };

bool lab_truststore(const char *anchors, int64_t now, struct blob *out, struct error *err) {
    struct pem_reader reader = pem_open(anchors, strlen(anchors));
    struct pem_block blocks[ANCHOR_LIMIT] = {0};
    struct jks_entry entries[ANCHOR_LIMIT];
    char aliases[ANCHOR_LIMIT][ALIAS_SIZE];
    size_t count = 0;
    bool ok = pem_next(&reader, &blocks[count], err);
    while (ok && blocks[count].label && count + 1 < ANCHOR_LIMIT) {
        snprintf(aliases[count], ALIAS_SIZE, "laboratory-%zu", count + 1);
        entries[count] = (struct jks_entry){aliases[count], now, &blocks[count].der};
        ok = pem_next(&reader, &blocks[++count], err);
    }
    ok = ok && jks_write(entries, count, LAB_TRUSTSTORE_PASSWORD, out, err);
    for (size_t i = 0; i < ANCHOR_LIMIT; i++)
        pem_block_finish(&blocks[i]);
    return ok;
}
