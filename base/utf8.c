#include "base/utf8.h"

#include <string.h>

/* How many bytes a lead byte announces, with the bits it brings and the least character that may
 * be written in so many (RFC 3629 forbids longer forms). */
struct lead {
    size_t bytes;
    uint32_t bits;
    uint32_t least;
};

static struct lead lead_of(unsigned char byte) {
    if (byte < 0x80)
        return (struct lead){1, byte, 0};
    if ((byte & 0xE0) == 0xC0)
        return (struct lead){2, byte & 0x1Fu, 0x80};
    if ((byte & 0xF0) == 0xE0)
        return (struct lead){3, byte & 0x0Fu, 0x800};
    if ((byte & 0xF8) == 0xF0)
        return (struct lead){4, byte & 0x07u, 0x10000};
    return (struct lead){0, 0, 0};
}

size_t utf8_read(const char *text, uint32_t *point) {
    const unsigned char *bytes = (const unsigned char *)text;
    struct lead lead = lead_of(bytes[0]);
    uint32_t value = lead.bits;
    /* The NUL at the end is no continuation, so this never reads past it. */
    for (size_t i = 1; i < lead.bytes; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (lead.bytes == 0 || value < lead.least || value > 0x10FFFF || surrogate)
        return 0;
    *point = value;
    return lead.bytes;
}

static bool is_printable(uint32_t point) {
    static const struct {
        uint32_t first, last;
    } unfit[] = {
        {0x00, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
        {0x200B, 0x200F},    {0x2028, 0x202E}, {0x2060, 0x206F}, {0xE000, 0xF8FF},
        {0xFEFF, 0xFEFF},    {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F},
        {0xF0000, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        if (point >= unfit[i].first && point <= unfit[i].last)
            return false;
    return true;
}

static void append(struct buffer *out, const char *text, bool printable) {
    while (*text) {
        uint32_t point = 0;
        size_t bytes = utf8_read(text, &point);
        if (bytes > 0 && (!printable || is_printable(point)))
            buffer_append(out, text, bytes);
        else if (bytes > 1)
            buffer_printf(out, "\\u{%04X}", (unsigned)point);
        else
            buffer_printf(out, "\\x%02X", (unsigned)(unsigned char)*text);
        text += bytes ? bytes : 1;
    }
}

void utf8_append_valid(struct buffer *out, const char *text) {
    append(out, text, false);
}

void utf8_append_printable(struct buffer *out, const char *text) {
    append(out, text, true);
}

const char *utf8_line(const char *text, size_t *size) {
    static const char mark[] = "\xEF\xBB\xBF";
    enum { MARK_SIZE = sizeof mark - 1 };
    if (*size >= MARK_SIZE && memcmp(text, mark, MARK_SIZE) == 0) {
        text += MARK_SIZE;
        *size -= MARK_SIZE;
    }
    if (*size > 0 && text[*size - 1] == '\n')
        --*size;
    if (*size > 0 && text[*size - 1] == '\r')
        --*size;
    return text;
}
