#include "certs/pem.h"

#include <stdlib.h>
#include <string.h>

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char dashes[] = "-----";

/* The first `word` in [from, end), or NULL. */
static const char *find(const char *from, const char *end, const char *word) {
    size_t size = strlen(word);
    while ((size_t)(end - from) >= size) {
        from = memchr(from, word[0], (size_t)(end - from) - size + 1);
        if (!from || memcmp(from, word, size) == 0)
            return from;
        from++;
    }
    return NULL;
}

static size_t line_of(const struct pem_reader *reader, const char *at) {
    size_t line = 1;
    for (const char *c = reader->begin; c < at; c++)
        if (*c == '\n')
            line++;
    return line;
}

bool pem_is_present(const void *text, size_t size) {
    const char *begin = text;
    return find(begin, begin + size, begin_mark) != NULL;
}

struct pem_reader pem_open(const void *text, size_t size) {
    const char *begin = text;
    return (struct pem_reader){begin, begin, begin + size};
}

bool pem_block_is(const struct pem_block *block, const char *label) {
    return block->label_size == strlen(label) &&
           memcmp(block->label, label, block->label_size) == 0;
}

/* The label that begins at `from` and ends with five dashes on the same line. */
static const char *label_end(const char *from, const char *end) {
    const char *close = find(from, end, dashes);
    return close && !memchr(from, '\n', (size_t)(close - from)) ? close : NULL;
}

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Our own, because a library's copies of what may be a key would stay in memory. Returns where
 * it stops to be base64, NULL if nowhere. */
static const char *decode_base64(const char *from, const char *end, struct blob *out) {
    unsigned bits = 0, held = 0, padding = 0;
    for (const char *c = from; c < end; c++) {
        int value = base64_value(*c);
        if (is_blank(*c))
            continue;
        if (*c == '=' && padding < 2) {
            padding++;
            continue;
        }
        if (value < 0 || padding > 0)
            return c;
        bits = bits << 6 | (unsigned)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out->data[out->size++] = (unsigned char)(bits >> held);
        }
    }
    /* What is left over is what the padding stands for (RFC 4648). */
    bool complete = held == 2 * padding && held < 6 && (bits & ((1U << held) - 1)) == 0;
    return complete && out->size > 0 ? NULL : end;
}

/* Between the BEGIN and the END line. */
static bool decode_body(const struct pem_reader *reader, const char *from, const char *end,
                        struct pem_block *block, struct error *err) {
    const char *headers = find(from, end, "Proc-Type:");
    if (headers && find(headers, end, "ENCRYPTED")) {
        block->encrypted = true;
        return true;
    }
    block->der.data = malloc((size_t)(end - from) + 1);
    if (!block->der.data) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    const char *wrong = decode_base64(from, end, &block->der);
    if (!wrong)
        return true;
    error_set(
        err, ERROR_INPUT,
        "line %zu: the %.*s block is damaged, its base64 breaks off here: copy the file again",
        line_of(reader, wrong), (int)block->label_size, block->label);
    return false;
}

static bool read_block(struct pem_reader *reader, const char *begin, struct pem_block *block,
                       struct error *err) {
    block->text = begin;
    block->label = begin + strlen(begin_mark);
    const char *close = label_end(block->label, reader->end);
    if (!close || close - block->label > 64) {
        error_set(err, ERROR_INPUT,
                  "line %zu: the BEGIN line is cut off: the file is truncated, copy it again",
                  line_of(reader, begin));
        return false;
    }
    block->label_size = (size_t)(close - block->label);
    const char *body = close + strlen(dashes);
    const char *foot = find(body, reader->end, end_mark);
    const char *foot_label = foot ? foot + strlen(end_mark) : NULL;
    const char *foot_close = foot ? label_end(foot_label, reader->end) : NULL;
    if (!foot_close || (size_t)(foot_close - foot_label) != block->label_size ||
        memcmp(foot_label, block->label, block->label_size) != 0) {
        error_set(
            err, ERROR_INPUT,
            "line %zu: the %.*s block has no END line of its own: the file is truncated, copy "
            "it again",
            line_of(reader, begin), (int)block->label_size, block->label);
        return false;
    }
    reader->at = foot_close + strlen(dashes);
    block->text_size = (size_t)(reader->at - begin);
    return decode_body(reader, body, foot, block, err);
}

bool pem_next(struct pem_reader *reader, struct pem_block *out, struct error *err) {
    struct pem_block block = {0};
    const char *begin = find(reader->at, reader->end, begin_mark);
    if (begin && !read_block(reader, begin, &block, err)) {
        pem_block_finish(&block);
        return false;
    }
    *out = block;
    return true;
}

void pem_block_finish(struct pem_block *block) {
    blob_wipe(&block->der);
    *block = (struct pem_block){0};
}
