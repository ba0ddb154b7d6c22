#include "certs/request_draft.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Which of the words in braces stand before the value. */
enum { UTF8 = 1, OCTET = 2, ASN = 4, HEX = 8 };

static const struct {
    const char *word;
    unsigned bit;
} words[] = {{"{utf8}", UTF8}, {"{octet}", OCTET}, {"{asn}", ASN}, {"{hex}", HEX}};

static const char *skip(const char *text) {
    return text + strspn(text, " \t");
}

/* The words at the front; `text` ends up behind them. 0 where one is unknown. */
static bool take_words(const char **text, unsigned *out) {
    *out = 0;
    for (*text = skip(*text); **text == '{'; *text = skip(*text)) {
        size_t i = 0, count = sizeof words / sizeof *words;
        while (i < count && strncasecmp(*text, words[i].word, strlen(words[i].word)) != 0)
            i++;
        if (i == count || (*out & words[i].bit))
            return false;
        *out |= words[i].bit;
        *text += strlen(words[i].word);
    }
    return true;
}

static int nibble(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Pairs of digits, with blanks between them at will. False: they are none. */
static bool append_hex(const char *text, struct buffer *out) {
    while (*(text = skip(text))) {
        int high = nibble(text[0]), low = high < 0 ? -1 : nibble(text[1]);
        if (low < 0)
            return false;
        buffer_append(out, &(char){(char)(high << 4 | low)}, 1);
        text += 2;
    }
    return true;
}

/* False: it is none. */
static bool append_base64(const char *text, struct buffer *out) {
    struct buffer dense = {0};
    gnutls_datum_t octets = {0};
    for (; *text; text++)
        if (*text != ' ' && *text != '\t')
            buffer_append(&dense, text, 1);
    gnutls_datum_t encoded = {(unsigned char *)dense.data, (unsigned)dense.size};
    bool ok = dense.size > 0 && dense.size % 4 == 0 && !dense.failed &&
              gnutls_base64_decode2(&encoded, &octets) == 0;
    if (ok)
        buffer_append(out, octets.data, octets.size);
    out->failed |= dense.failed;
    gnutls_free(octets.data);
    buffer_finish(&dense);
    return ok;
}

static bool is_one_element(const struct buffer *der) {
    return der->size > 0 && der_claimed_size((unsigned char *)der->data, der->size) == der->size;
}

static bool append_value(const char *text, unsigned form, struct buffer *out, const char **wrong) {
    if (form == UTF8) {
        der_put_text(out, DER_UTF8_STRING, text);
        return true;
    }
    if (form & HEX ? !append_hex(text, out) : !append_base64(text, out)) {
        *wrong = form & HEX ? "pairs of hexadecimal digits, as in 04 01 00" : "base64";
        return false;
    }
    if (form & OCTET) {
        der_close(out, 0, DER_OCTET_STRING);
    } else if (!is_one_element(out)) {
        *wrong = "one value in DER with its tag and length";
        return false;
    }
    return true;
}

bool request_octets_read(struct request_draft *draft, const char *text, struct inf_place place,
                         bool bare, const char *what, struct blob *out) {
    const char *wrong = NULL;
    struct buffer der = {0};
    struct error err = {0};
    unsigned form = 0;
    if (!take_words(&text, &form) || (form == 0 && !bare) ||
        (form != 0 && form != UTF8 && form != OCTET && form != (OCTET | HEX) && form != ASN &&
         form != (ASN | HEX) && form != HEX)) {
        inf_mistake(draft->remarks, place,
                    "%s does not say how its value is written: write {utf8}text, {octet}base64, "
                    "{octet}{hex}00 01, {asn}base64 or {hex}04 01 00",
                    what);
        return false;
    }
    bool ok = append_value(text, form, &der, &wrong);
    if (!ok && !der.failed)
        inf_mistake(draft->remarks, place, "the value of %s is not %s: write it so", what, wrong);
    else if (der_give(&der, out, &err))
        return true;
    else
        request_draft_fail(draft);
    buffer_finish(&der);
    return false;
}
