#include "certs/inf_decode.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct decoder {
    struct inf_remarks *remarks;
    struct buffer *out;
    struct inf_place place; /* of the character that comes next */
    bool after_return;      /* a line feed now would belong to the carriage return before it */
    unsigned told_line;     /* one remark for each line is enough */
};

enum { REPLACEMENT = 0xFFFD };

static void append_point(struct buffer *out, uint32_t point) {
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    size_t more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    unsigned char bytes[4] = {(unsigned char)(leads[more] | point >> 6 * more)};
    for (size_t i = 1; i <= more; i++)
        bytes[i] = (unsigned char)(0x80 | (point >> 6 * (more - i) & 0x3F));
    buffer_append(out, bytes, more + 1);
}

static bool tell(struct decoder *decoder) {
    if (decoder->told_line == decoder->place.line)
        return false;
    decoder->told_line = decoder->place.line;
    return true;
}

static void put_plain(struct decoder *decoder, uint32_t point) {
    append_point(decoder->out, point);
    decoder->place.column++;
}

/* Characters that no line of text has: they would hide, reorder or end what stands beside them. */
static bool is_control(uint32_t point) {
    return (point < 0x20 && point != '\t') || (point >= 0x7F && point <= 0x9F) ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

static void put_control(struct decoder *decoder, uint32_t point) {
    bool told = tell(decoder);
    if (point == '\f') {
        /* Between the pages of a document. */
        if (told)
            inf_damage(decoder->remarks, decoder->place, "remove it", "read as a space",
                       "a form feed (U+000C) stands here");
        put_plain(decoder, ' ');
        return;
    }
    if (told && point == 0)
        inf_mistake(decoder->remarks, decoder->place,
                    "a NUL stands here, which no text has: remove it");
    else if (told)
        inf_mistake(decoder->remarks, decoder->place,
                    "a control character (U+%04X) stands here: remove it", (unsigned)point);
    put_plain(decoder, REPLACEMENT);
}

static void put(struct decoder *decoder, uint32_t point) {
    bool after_return = decoder->after_return;
    decoder->after_return = point == '\r';
    if (point == '\n' && after_return)
        return;
    if (point == '\n' || point == '\r') {
        buffer_append(decoder->out, "\n", 1);
        decoder->place.line++;
        decoder->place.column = 1;
    } else if (is_control(point)) {
        put_control(decoder, point);
    } else {
        put_plain(decoder, point);
    }
}

/* `text` ends with a NUL that does not count. */
static void decode_utf8(struct decoder *decoder, const char *text, size_t size) {
    for (size_t at = 0; at < size;) {
        uint32_t point = 0;
        size_t bytes = utf8_read(text + at, &point);
        if (bytes == 0) {
            if (tell(decoder))
                inf_mistake(decoder->remarks, decoder->place,
                            "the octet 0x%02X is no character in UTF-8: save the file as UTF-8 or "
                            "as UTF-16 (\"Unicode\")",
                            (unsigned)(unsigned char)text[at]);
            point = REPLACEMENT;
            bytes = 1;
            decoder->after_return = false;
            put_plain(decoder, point);
        } else {
            put(decoder, point);
        }
        at += bytes;
    }
}

static uint32_t unit_at(const unsigned char *bytes, bool big) {
    return big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

static void decode_utf16(struct decoder *decoder, const unsigned char *bytes, size_t size,
                         bool big) {
    size_t at = 0;
    for (; at + 1 < size; at += 2) {
        uint32_t unit = unit_at(bytes + at, big);
        if (unit < 0xD800 || unit > 0xDFFF) {
            put(decoder, unit);
            continue;
        }
        uint32_t low = unit < 0xDC00 && at + 3 < size ? unit_at(bytes + at + 2, big) : 0;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            put(decoder, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            at += 2;
            continue;
        }
        if (tell(decoder))
            inf_mistake(decoder->remarks, decoder->place,
                        "half a character (0x%04X) stands here, UTF-16 writes such in two: write "
                        "the character again",
                        (unsigned)unit);
        decoder->after_return = false;
        put_plain(decoder, REPLACEMENT);
    }
    if (at < size)
        inf_mistake(decoder->remarks, decoder->place,
                    "the file ends within a character of UTF-16: save it again");
}

/* Without a mark nothing says which UTF-16 it is; a "[" or ";" with a NUL beside it says that it is
 * one. */
static bool is_unmarked_utf16(const struct blob *bytes) {
    return bytes->size >= 4 && bytes->size % 2 == 0 &&
           ((bytes->data[0] == 0 && bytes->data[2] == 0 && bytes->data[1] && bytes->data[3]) ||
            (bytes->data[1] == 0 && bytes->data[3] == 0 && bytes->data[0] && bytes->data[2]));
}

static bool starts_with(const struct blob *bytes, const char *mark, size_t size) {
    return bytes->size >= size && memcmp(bytes->data, mark, size) == 0;
}

bool inf_decode(const struct blob *bytes, struct inf_remarks *remarks, struct buffer *out) {
    static const struct inf_place whole = {0, 0};
    struct buffer text = {0};
    struct decoder decoder = {.remarks = remarks, .out = &text, .place = {1, 1}};
    if (bytes->size > REQUEST_INF_LIMIT) {
        inf_mistake(remarks, whole, "the file has %zu octets, %d are allowed: a request has a few",
                    bytes->size, REQUEST_INF_LIMIT);
        return false;
    }
    if (is_unmarked_utf16(bytes)) {
        inf_mistake(remarks, (struct inf_place){1, 1},
                    "the file is in UTF-16 without the mark that says so: save it as UTF-8, or as "
                    "\"Unicode\" with a byte order mark");
        return false;
    }
    if (bytes->size == 0) {
        inf_mistake(remarks, whole, "the file is empty");
        return false;
    }
    if (starts_with(bytes, "\xFF\xFE", 2) || starts_with(bytes, "\xFE\xFF", 2)) {
        decode_utf16(&decoder, bytes->data + 2, bytes->size - 2, bytes->data[0] == 0xFE);
    } else {
        struct blob copy = {0};
        size_t mark = starts_with(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
        if (!blob_copy(bytes->data + mark, bytes->size - mark, &copy))
            text.failed = true;
        else
            decode_utf8(&decoder, (const char *)copy.data, copy.size);
        blob_finish(&copy);
    }
    buffer_append(&text, "", 0);
    if (text.failed) {
        remarks->out_of_memory = true;
        buffer_finish(&text);
        return false;
    }
    *out = text;
    return true;
}
