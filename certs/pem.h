/* Inside certs/: PEM blocks (RFC 7468) in a text, one after the other. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

/* Borrowed text; what stands before, between and behind the blocks is passed over. */
struct pem_reader {
    const char *begin; /* of the whole text, for line numbers */
    const char *at, *end;
};

struct pem_block {
    const char *label; /* between "BEGIN " and the dashes; NULL: there is no further block */
    size_t label_size;
    const char *text; /* from the BEGIN line to the END line */
    size_t text_size;
    bool encrypted;  /* OpenSSL's traditional form (RFC 1421 headers): `der` stays empty */
    struct blob der; /* owned: pem_block_finish */
};

bool pem_is_present(const void *text, size_t size); /* at least a BEGIN line */

struct pem_reader pem_open(const void *text, size_t size);
bool pem_block_is(const struct pem_block *block, const char *label);

/* The next block. Errors name the line: a block that is cut off, or that is no base64. */
bool pem_next(struct pem_reader *reader, struct pem_block *out, struct error *err);
void pem_block_finish(struct pem_block *block); /* wipes: it may be a key */
