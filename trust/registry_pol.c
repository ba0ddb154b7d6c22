#include "trust/registry_pol.h"

#include "base/utf8.h"

#include <string.h>

static void put_u16(struct buffer *out, uint32_t number) {
    unsigned char octets[2] = {(unsigned char)number, (unsigned char)(number >> 8)};
    buffer_append(out, octets, sizeof octets);
}

void registry_put_u32(struct buffer *out, uint32_t number) {
    put_u16(out, number & 0xffff);
    put_u16(out, number >> 16);
}

static void put_point(struct buffer *out, uint32_t point) {
    if (point < 0x10000) {
        put_u16(out, point);
        return;
    }
    put_u16(out, 0xd800 + ((point - 0x10000) >> 10));
    put_u16(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
}

void registry_put_utf16(struct buffer *out, const char *text) {
    while (*text) {
        uint32_t point = 0xfffd;
        size_t size = utf8_read(text, &point);
        put_point(out, point);
        text += size > 0 ? size : 1;
    }
}

static void put_text(struct buffer *out, const char *text) {
    registry_put_utf16(out, text);
    put_u16(out, 0);
}

/* Each string ends with a NUL, and so does their list. */
static void put_texts(struct buffer *out, const char *texts) {
    for (const char *text = texts; *text; text++) {
        uint32_t point = 0xfffd;
        size_t size = utf8_read(text, &point);
        put_point(out, *text == '\n' ? 0 : point);
        text += size > 1 ? size - 1 : 0;
    }
    put_u16(out, 0);
    put_u16(out, 0);
}

static void put_data(struct buffer *out, const struct registry_setting *setting) {
    switch (setting->type) {
    case REGISTRY_NONE:
        break;
    case REGISTRY_SZ:
        put_text(out, setting->text);
        break;
    case REGISTRY_MULTI_SZ:
        put_texts(out, setting->text);
        break;
    case REGISTRY_DWORD:
        registry_put_u32(out, setting->number);
        break;
    case REGISTRY_BINARY:
        buffer_append(out, setting->binary->data, setting->binary->size);
        break;
    }
}

void registry_pol_begin(struct buffer *out) {
    enum { VERSION = 1 };
    buffer_append_text(out, "PReg");
    registry_put_u32(out, VERSION);
}

void registry_pol_append(struct buffer *out, const struct registry_setting *setting) {
    struct buffer data = {0};
    put_data(&data, setting);
    put_u16(out, '[');
    put_text(out, setting->key);
    put_u16(out, ';');
    put_text(out, setting->value);
    put_u16(out, ';');
    registry_put_u32(out, (uint32_t)setting->type);
    put_u16(out, ';');
    registry_put_u32(out, (uint32_t)data.size);
    put_u16(out, ';');
    buffer_append(out, data.data, data.size);
    put_u16(out, ']');
    out->failed |= data.failed;
    buffer_finish(&data);
}
