/* Owned bytes, and a buffer that grows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes with their length. Who owns them is said where a blob is used. */
struct blob {
    unsigned char *data;
    size_t size;
};

bool blob_copy(const void *data, size_t size, struct blob *out); /* false: out of memory */
void blob_finish(struct blob *blob);                             /* frees, and empties */
void blob_wipe(struct blob *blob); /* for secrets: overwrites, then frees, and empties */
bool blob_equal(const struct blob *a, const struct blob *b);

/* Overwrites memory in a way the compiler does not remove. */
void memory_wipe(void *data, size_t size);

/* A growing byte buffer. After running out of memory every further append does nothing and
 * `failed` is set: append freely, look once at the end. The bytes are always followed by a NUL
 * that does not count. Zero-initialised is empty. */
struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
};

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_clear(struct buffer *buffer);  /* keeps the memory */
void buffer_finish(struct buffer *buffer); /* frees */
/* Gives the NUL-terminated text away and empties the buffer; NULL if an append failed. */
char *buffer_take(struct buffer *buffer);
