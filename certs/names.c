#include "certs/names.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_LIMIT = 63, GROUPS = 8 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Not <ctype.h>: names do not depend on the locale. */
static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* A label's length at the start of `text`, copied in lower case; 0 if there is none. */
static size_t take_label(const char *text, char *out, bool *all_digits) {
    size_t length = 0;
    *all_digits = true;
    for (;; length++) {
        char c = lower(text[length]);
        if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '-' && c != '_')
            break;
        if (length == LABEL_LIMIT)
            return 0;
        if (!is_digit(c))
            *all_digits = false;
        out[length] = c;
    }
    return length;
}

bool name_normalise(const char *text, bool pattern, char out[static NAME_SIZE]) {
    char name[NAME_SIZE];
    size_t size = 0;
    size_t length = strnlen(text, NAME_SIZE);
    if (length > 0 && text[length - 1] == '.')
        length--;
    if (length == 0 || length > NAME_SIZE - 3)
        return false;
    if (pattern && strncmp(text, "*.", 2) == 0) {
        memcpy(name, "*.", 2);
        size = 2;
    }
    for (;;) {
        bool all_digits;
        size_t label = take_label(text + size, name + size, &all_digits);
        if (label == 0)
            return false;
        size += label;
        if (size == length) {
            /* A last label of digits is how IPv4 addresses end, and no name does (RFC 3696). */
            if (all_digits)
                return false;
            break;
        }
        if (text[size] != '.')
            return false;
        name[size++] = '.';
    }
    name[size++] = '\0';
    memcpy(out, name, size);
    return true;
}

bool name_matches(const char *pattern, const char *name) {
    if (strncmp(pattern, "*.", 2) != 0)
        return strcmp(pattern, name) == 0;
    const char *parent = strchr(name, '.');
    return parent && parent != name && strcmp(pattern + 1, parent) == 0;
}

/* Four decimal numbers without leading zeros, which some read as octal. */
static bool parse_ipv4(const char *text, size_t size, unsigned char out[static 4]) {
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && (at == size || text[at++] != '.'))
            return false;
        size_t start = at;
        unsigned value = 0;
        while (at < size && is_digit(text[at]) && at - start < 3)
            value = value * 10 + (unsigned)(text[at++] - '0');
        if (at == start || value > 255 || (at - start > 1 && text[start] == '0'))
            return false;
        out[part] = (unsigned char)value;
    }
    return at == size;
}

static int hex_value(char c) {
    c = lower(c);
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Moves what stands behind "::" to the end, zeros in between. `gap`: where "::" stood. */
static bool spread_gap(unsigned char out[static ADDRESS_OCTETS], size_t count, size_t gap) {
    if (gap == SIZE_MAX)
        return count == ADDRESS_OCTETS;
    if (count > ADDRESS_OCTETS - 2)
        return false;
    size_t tail = count - gap;
    memmove(out + ADDRESS_OCTETS - tail, out + gap, tail);
    memset(out + gap, 0, ADDRESS_OCTETS - count);
    return true;
}

static bool parse_ipv6(const char *text, size_t size, unsigned char out[static ADDRESS_OCTETS]) {
    size_t at = 0, count = 0, gap = SIZE_MAX;
    if (size >= 2 && memcmp(text, "::", 2) == 0) {
        gap = 0;
        at = 2;
    }
    while (at < size) {
        size_t start = at;
        unsigned value = 0;
        for (; at < size && at - start < 4 && hex_value(text[at]) >= 0; at++)
            value = value << 4 | (unsigned)hex_value(text[at]);
        if (at < size && text[at] == '.') {
            if (count > ADDRESS_OCTETS - 4 || !parse_ipv4(text + start, size - start, out + count))
                return false;
            return spread_gap(out, count + 4, gap);
        }
        if (at == start || count > ADDRESS_OCTETS - 2)
            return false;
        out[count++] = (unsigned char)(value >> 8);
        out[count++] = (unsigned char)value;
        if (at == size)
            break;
        if (text[at++] != ':' || at == size)
            return false;
        if (text[at] == ':') {
            if (gap != SIZE_MAX)
                return false;
            gap = count;
            at++;
        }
    }
    return spread_gap(out, count, gap);
}

static bool is_mapped_ipv4(const unsigned char octets[static ADDRESS_OCTETS]) {
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(octets, prefix, sizeof prefix) == 0;
}

size_t address_octets(const char *text, unsigned char out[static ADDRESS_OCTETS]) {
    /* The longest literal, "[ffff:…:255.255.255.255]", has 47 characters. */
    size_t size = strnlen(text, NAME_SIZE);
    if (parse_ipv4(text, size, out))
        return 4;
    if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    unsigned char octets[ADDRESS_OCTETS];
    if (!parse_ipv6(text, size, octets))
        return 0;
    if (is_mapped_ipv4(octets)) {
        memcpy(out, octets + 12, 4);
        return 4;
    }
    memcpy(out, octets, ADDRESS_OCTETS);
    return ADDRESS_OCTETS;
}

bool address_normalise(const char *text, char out[static NAME_SIZE]) {
    unsigned char octets[ADDRESS_OCTETS] = {0};
    size_t size = address_octets(text, octets);
    return address_text(octets, size, out);
}

/* RFC 5952: "::" for the first of the longest runs of two zero groups or more. */
static void ipv6_text(const unsigned char octets[static ADDRESS_OCTETS],
                      char out[static NAME_SIZE]) {
    unsigned groups[GROUPS];
    for (size_t i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
    int gap = -1, gap_size = 1;
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > gap_size) {
            gap_size = run;
            gap = i + 1 - run;
        }
    }
    size_t size = 0;
    for (int i = 0; i < GROUPS; i++) {
        if (i == gap) {
            size += (size_t)snprintf(out + size, NAME_SIZE - size, "::");
            i += gap_size - 1;
            continue;
        }
        bool separate = i > 0 && out[size - 1] != ':';
        size += (size_t)snprintf(out + size, NAME_SIZE - size, separate ? ":%x" : "%x", groups[i]);
    }
}

bool address_text(const unsigned char *octets, size_t size, char out[static NAME_SIZE]) {
    if (size == 4)
        snprintf(out, NAME_SIZE, "%u.%u.%u.%u", octets[0], octets[1], octets[2], octets[3]);
    else if (size == ADDRESS_OCTETS && is_mapped_ipv4(octets))
        snprintf(out, NAME_SIZE, "::ffff:%u.%u.%u.%u", octets[12], octets[13], octets[14],
                 octets[15]);
    else if (size == ADDRESS_OCTETS)
        ipv6_text(octets, out);
    else
        return false;
    return true;
}
