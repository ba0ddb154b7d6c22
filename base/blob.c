#include "base/blob.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool blob_copy(const void *data, size_t size, struct blob *out) {
    /* One byte more, so that an empty blob is still memory of its own. */
    unsigned char *copy = malloc(size + 1);
    if (!copy)
        return false;
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = 0;
    out->data = copy;
    out->size = size;
    return true;
}

void blob_finish(struct blob *blob) {
    free(blob->data);
    *blob = (struct blob){0};
}

void blob_wipe(struct blob *blob) {
    if (blob->data)
        memory_wipe(blob->data, blob->size);
    blob_finish(blob);
}

bool blob_equal(const struct blob *a, const struct blob *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

void memory_wipe(void *data, size_t size) {
    if (size == 0)
        return;
    /* Called through a volatile pointer the compiler cannot see through. */
    static void *(*const volatile fill)(void *, int, size_t) = memset;
    fill(data, 0, size);
}

/* Room for `more` bytes and the NUL behind them. */
static bool buffer_reserve(struct buffer *buffer, size_t more) {
    if (buffer->failed)
        return false;
    if (more >= SIZE_MAX / 2 - buffer->size) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size) {
    if (!buffer_reserve(buffer, size))
        return;
    if (size > 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int wanted = vsnprintf(NULL, 0, format, arguments);
    if (wanted < 0)
        buffer->failed = true;
    else if (buffer_reserve(buffer, (size_t)wanted)) {
        vsnprintf(buffer->data + buffer->size, (size_t)wanted + 1, format, again);
        buffer->size += (size_t)wanted;
    }
    va_end(again);
    va_end(arguments);
}

void buffer_clear(struct buffer *buffer) {
    buffer->size = 0;
    buffer->failed = false;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void buffer_finish(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}

char *buffer_take(struct buffer *buffer) {
    buffer_append(buffer, "", 0);
    char *text = buffer->failed ? NULL : buffer->data;
    if (!text)
        free(buffer->data);
    *buffer = (struct buffer){0};
    return text;
}
