#include "certs/request_draft.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int digit_of(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_in_base(const char *text, int base, unsigned *out) {
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        int digit = digit_of(*text);
        if (digit < 0 || digit >= base)
            return false;
        value = value * (unsigned)base + (unsigned)digit;
        if (value > UINT32_MAX)
            return false;
    }
    *out = (unsigned)value;
    return true;
}

bool request_number_parse(const char *text, unsigned *out) {
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    return hexadecimal ? parse_in_base(text + 2, 16, out) : parse_in_base(text, 10, out);
}

/* One word or number. */
static bool parse_word(const char *text, const struct request_word *words,
                       enum request_word_form form, unsigned *out) {
    for (; words && words->name; words++)
        if (inf_same_name(words->name, text)) {
            *out = words->value;
            return true;
        }
    return form != REQUEST_ONE_WORD && request_number_parse(text, out);
}

static void tell_unknown(struct request_draft *draft, enum request_key key, const char *text,
                         struct inf_place place, const struct request_word *words) {
    enum { WORD_LIMIT = 32 };
    const char *names[WORD_LIMIT + 1] = {0};
    char shown[INF_SHOWN_SIZE];
    struct buffer known = {0};
    inf_shown(text, shown);
    for (size_t i = 0; words && words[i].name && i < WORD_LIMIT; i++) {
        names[i] = words[i].name;
        buffer_printf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = nearest_word(text, names);
    if (nearest)
        inf_mistake(draft->remarks, place, "\"%s\" is no value of %s: did you mean %s?", shown,
                    request_keys_name(key), nearest);
    else if (words)
        inf_mistake(draft->remarks, place, "\"%s\" is no value of %s: write one of %s", shown,
                    request_keys_name(key), known.failed ? "?" : known.data);
    else
        inf_mistake(draft->remarks, place,
                    "\"%s\" is no whole number, and %s is one: write it in digits, or in "
                    "hexadecimal as 0x…",
                    shown, request_keys_name(key));
    buffer_finish(&known);
}

bool request_words_read(struct request_draft *draft, enum request_key key,
                        const struct request_word *words, enum request_word_form form,
                        unsigned *out) {
    const struct request_value *value = &draft->values[key];
    const char *text = request_value_chars(value);
    unsigned all = 0;
    for (const char *at = text;; at++) {
        size_t size = form == REQUEST_MANY_WORDS ? strcspn(at, "|") : strlen(at);
        const char *word = at + strspn(at, " \t");
        const char *end = at + size;
        while (end > word && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        char *copy = strndup(word, end > word ? (size_t)(end - word) : 0);
        unsigned one = 0;
        bool known = copy && parse_word(copy, words, form, &one);
        if (!copy)
            request_draft_fail(draft);
        else if (!known)
            tell_unknown(draft, key, copy, inf_text_place(&value->text, (size_t)(word - text)),
                         words);
        free(copy);
        if (!known)
            return false;
        all |= one;
        at += size;
        if (!*at)
            break;
    }
    *out = all;
    return true;
}

/* ---- the key usage ---- */

static const struct request_word usages[] = {
    {"CERT_DIGITAL_SIGNATURE_KEY_USAGE", 0x80},
    {"CERT_NON_REPUDIATION_KEY_USAGE", 0x40},
    {"CERT_KEY_ENCIPHERMENT_KEY_USAGE", 0x20},
    {"CERT_DATA_ENCIPHERMENT_KEY_USAGE", 0x10},
    {"CERT_KEY_AGREEMENT_KEY_USAGE", 0x08},
    {"CERT_KEY_CERT_SIGN_KEY_USAGE", 0x04},
    {"CERT_OFFLINE_CRL_SIGN_KEY_USAGE", 0x02},
    {"CERT_CRL_SIGN_KEY_USAGE", 0x02},
    {"CERT_ENCIPHER_ONLY_KEY_USAGE", 0x01},
    {"CERT_DECIPHER_ONLY_KEY_USAGE", 0x8000},
    {NULL, 0},
};
static const unsigned usage_bits = 0x80ff;

/* "digitalSignature, keyEncipherment". Returns `out`. */
enum { USAGE_NAMES_SIZE = 160 };
static const char *usage_names(unsigned bits, char out[static USAGE_NAMES_SIZE]) {
    static const struct request_word names[] = {
        {"digitalSignature", 0x80}, {"nonRepudiation", 0x40}, {"keyEncipherment", 0x20},
        {"dataEncipherment", 0x10}, {"keyAgreement", 0x08},   {"keyCertSign", 0x04},
        {"cRLSign", 0x02},          {"encipherOnly", 0x01},   {"decipherOnly", 0x8000},
    };
    size_t size = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t more = strlen(names[i].name);
        if (!(bits & names[i].value) || size + more + 3 > USAGE_NAMES_SIZE)
            continue;
        memcpy(out + size, size > 0 ? ", " : "", size > 0 ? 2 : 0);
        size += size > 0 ? 2 : 0;
        memcpy(out + size, names[i].name, more + 1);
        size += more;
    }
    return out;
}

/* "80" is 0x50, and whoever wrote it had 0x80 in mind: the documentation lists the bits in
 * hexadecimal. Three decimal digits never look like hexadecimal bits. */
static void doubt_decimal(struct request_draft *draft, const char *text, unsigned bits) {
    char decimal[USAGE_NAMES_SIZE], hexadecimal[USAGE_NAMES_SIZE];
    unsigned as_hexadecimal = 0;
    if (strlen(text) < 2 || text[0] == '0' || !parse_in_base(text, 16, &as_hexadecimal) ||
        (as_hexadecimal & ~usage_bits))
        return;
    inf_warning(draft->remarks, request_value_place(&draft->values[REQUEST_KEY_USAGE]),
                "%s is read as a decimal number, 0x%x (%s): write 0x%x for that, or 0x%s if "
                "hexadecimal was meant (%s)",
                text, bits, usage_names(bits, decimal), bits, text,
                usage_names(as_hexadecimal, hexadecimal));
}

bool request_key_usage_read(struct request_draft *draft, unsigned *out) {
    const struct request_value *value = &draft->values[REQUEST_KEY_USAGE];
    struct inf_place place = request_value_place(value);
    const char *text = request_value_chars(value);
    unsigned bits = 0;
    if (text[0] && !request_number_parse(text, &bits) && parse_in_base(text, 16, &bits) &&
        !(bits & ~usage_bits)) {
        char names[USAGE_NAMES_SIZE], shown[INF_SHOWN_SIZE];
        inf_mistake(draft->remarks, place,
                    "\"%s\" is no number: write 0x%s if hexadecimal was meant (%s)",
                    inf_shown(text, shown), shown, usage_names(bits, names));
        return false;
    }
    if (!request_words_read(draft, REQUEST_KEY_USAGE, usages, REQUEST_MANY_WORDS, &bits))
        return false;
    if (bits & ~usage_bits) {
        inf_mistake(draft->remarks, place,
                    "the key usage 0x%x has bits that mean nothing: write the sum of 0x80 "
                    "digitalSignature, 0x40 nonRepudiation, 0x20 keyEncipherment, 0x10 "
                    "dataEncipherment, 0x08 keyAgreement, 0x04 keyCertSign, 0x02 cRLSign, 0x01 "
                    "encipherOnly, 0x8000 decipherOnly",
                    bits);
        return false;
    }
    if (bits == 0)
        inf_note(draft->remarks, place, "a key usage of 0 is none: the extension is left out");
    doubt_decimal(draft, text, bits);
    *out = bits;
    return true;
}
