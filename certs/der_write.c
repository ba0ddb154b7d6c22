#include "certs/der_write.h"

#include "base/time_text.h"
#include "base/utf8.h"
#include "certs/der.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 6 };

static size_t write_header(unsigned tag, size_t size, unsigned char out[static HEADER_LIMIT]) {
    size_t octets = 0;
    out[0] = (unsigned char)tag;
    if (size < 0x80) {
        out[1] = (unsigned char)size;
        return 2;
    }
    assert(size <= UINT32_MAX);
    for (size_t rest = size; rest > 0; rest >>= 8)
        octets++;
    out[1] = (unsigned char)(0x80 | octets);
    for (size_t i = 0; i < octets; i++)
        out[2 + i] = (unsigned char)(size >> 8 * (octets - 1 - i));
    return 2 + octets;
}

void der_put(struct buffer *out, unsigned tag, const void *content, size_t size) {
    unsigned char header[HEADER_LIMIT];
    buffer_append(out, header, write_header(tag, size, header));
    buffer_append(out, content, size);
}

void der_put_text(struct buffer *out, unsigned tag, const char *text) {
    der_put(out, tag, text, strlen(text));
}

void der_put_number(struct buffer *out, unsigned value) {
    unsigned char octets[sizeof value + 1] = {0};
    size_t at = sizeof octets;
    do {
        octets[--at] = (unsigned char)value;
        value >>= 8;
    } while (value > 0);
    if (octets[at] & 0x80)
        at--; /* the first bit is the sign */
    der_put(out, DER_INTEGER, octets + at, sizeof octets - at);
}

/* Digits and the Z for UTC, as both forms have them. */
static const char *time_digits(int64_t at, char out[static TIME_TEXT_SIZE]) {
    char text[TIME_TEXT_SIZE];
    size_t count = 0;
    for (const char *c = time_text_rfc3339(at, text); *c; c++)
        if ((*c >= '0' && *c <= '9') || *c == 'Z')
            out[count++] = *c;
    out[count] = '\0';
    return out;
}

void der_put_generalized_time(struct buffer *out, int64_t at) {
    char digits[TIME_TEXT_SIZE];
    der_put_text(out, DER_GENERALIZED_TIME, time_digits(at, digits));
}

void der_put_time(struct buffer *out, int64_t at) {
    static const int64_t year_2050 = 2524608000;
    if (at < year_2050) {
        char digits[TIME_TEXT_SIZE];
        der_put_text(out, DER_UTC_TIME, time_digits(at, digits) + 2);
    } else {
        der_put_generalized_time(out, at);
    }
}

static void put_unit(struct buffer *out, unsigned unit) {
    unsigned char octets[] = {(unsigned char)(unit >> 8), (unsigned char)unit};
    buffer_append(out, octets, sizeof octets);
}

bool der_put_bmp_string(struct buffer *out, const char *text, size_t size) {
    size_t start = out->size, bytes = 0;
    for (size_t at = 0; at < size; at += bytes) {
        uint32_t point = 0;
        bytes = utf8_read(text + at, &point);
        if (bytes == 0)
            return false;
        if (point > 0xffff) {
            put_unit(out, 0xd800 | (point - 0x10000) >> 10);
            put_unit(out, 0xdc00 | (point & 0x3ff));
        } else
            put_unit(out, point);
    }
    der_close(out, start, DER_BMP_STRING);
    return true;
}

/* In groups of seven bits, the first one foremost. */
static void put_arc(struct buffer *out, uint64_t arc) {
    unsigned char octets[10];
    size_t at = sizeof octets;
    unsigned char more = 0;
    do {
        octets[--at] = (unsigned char)((arc & 0x7f) | more);
        more = 0x80;
        arc >>= 7;
    } while (arc > 0);
    buffer_append(out, octets + at, sizeof octets - at);
}

void der_put_oid(struct buffer *out, unsigned tag, const char *text) {
    char *end = NULL;
    size_t start = out->size;
    uint64_t first = strtoull(text, &end, 10);
    uint64_t second = strtoull(end + 1, &end, 10);
    put_arc(out, first * 40 + second);
    while (*end == '.')
        put_arc(out, strtoull(end + 1, &end, 10));
    der_close(out, start, tag);
}

void der_close(struct buffer *out, size_t start, unsigned tag) {
    unsigned char header[HEADER_LIMIT];
    size_t content = out->size - start;
    size_t size = write_header(tag, content, header);
    buffer_append(out, header, size); /* makes the room */
    if (out->failed)
        return;
    memmove(out->data + start + size, out->data + start, content);
    memcpy(out->data + start, header, size);
}

/* By their octets; of two that begin alike the shorter first. */
static int compare_elements(const void *a, const void *b) {
    const struct blob *one = a, *two = b;
    size_t common = one->size < two->size ? one->size : two->size;
    int order = memcmp(one->data, two->data, common);
    return order ? order : (one->size > two->size) - (one->size < two->size);
}

/* Each with its header, borrowed. Returns how many. */
static size_t split(const struct buffer *from, size_t start, struct blob *out, size_t room) {
    struct der_element rest = {.data = (unsigned char *)from->data + start,
                               .size = from->size - start};
    struct der_element element;
    size_t count = 0;
    for (const unsigned char *begin = rest.data; count < room && der_take(&rest, &element);
         begin = rest.data)
        out[count++] = (struct blob){(unsigned char *)begin, (size_t)(rest.data - begin)};
    return count;
}

void der_close_set(struct buffer *out, size_t start, unsigned tag) {
    struct buffer sorted = {0};
    /* No element is shorter than two octets. */
    size_t room = (out->size - start) / 2;
    struct blob *elements = calloc(room + 1, sizeof *elements);
    if (!elements)
        out->failed = true;
    if (!out->failed && room > 0) {
        size_t count = split(out, start, elements, room);
        qsort(elements, count, sizeof *elements, compare_elements);
        for (size_t i = 0; i < count; i++)
            buffer_append(&sorted, elements[i].data, elements[i].size);
        if (sorted.failed)
            out->failed = true;
        else if (sorted.data)
            memcpy(out->data + start, sorted.data, sorted.size);
    }
    free(elements);
    buffer_finish(&sorted);
    der_close(out, start, tag);
}

bool der_give(struct buffer *buffer, struct blob *out, struct error *err) {
    if (buffer->failed || !buffer->data) {
        buffer_finish(buffer);
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *out = (struct blob){(unsigned char *)buffer->data, buffer->size};
    *buffer = (struct buffer){0};
    return true;
}
