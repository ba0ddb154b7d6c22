#include "base/utf8.h"
#include "web/web.h"

/* Control characters (C0, DEL, C1), and the marks that turn the direction of writing, with which
 * one name can be made to look like another (UTR 36). */
static bool is_deceptive(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static const char *entity(uint32_t code) {
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void web_escape(struct buffer *out, const char *text) {
    const char *plain = text; /* what still has to be copied begins here */
    while (*text) {
        uint32_t code = 0;
        size_t length = utf8_read(text, &code);
        const char *instead = length == 0 || is_deceptive(code) ? "\uFFFD" : entity(code);
        if (instead) {
            buffer_append(out, plain, (size_t)(text - plain));
            buffer_append_text(out, instead);
        }
        text += length ? length : 1;
        if (instead)
            plain = text;
    }
    buffer_append(out, plain, (size_t)(text - plain));
}
