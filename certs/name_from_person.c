#include "certs/names.h"

#include "base/blob.h"
#include "base/utf8.h"

#include <idn2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_LIMIT = 63,
    NAME_LIMIT = 253,
    TYPED_LIMIT = 2048, /* octets; no name within NAME_LIMIT needs so many in UTF-8 */
    SHOWN_LIMIT = 80,   /* octets of what was typed, in messages */
    SHOWN_SIZE = 128,
};

/* The beginning of it, fit for a terminal. */
static void show(const char *text, char out[static SHOWN_SIZE]) {
    struct buffer shown = {0};
    char part[SHOWN_LIMIT + 8];
    size_t size = 0;
    while (size < SHOWN_LIMIT && text[size]) {
        uint32_t point;
        size_t bytes = utf8_read(text + size, &point);
        size += bytes ? bytes : 1;
    }
    snprintf(part, sizeof part, "%.*s", (int)size, text);
    utf8_append_printable(&shown, part);
    snprintf(out, SHOWN_SIZE, "%s%s", shown.data && shown.size < SHOWN_SIZE - 8 ? shown.data : "",
             text[size] || shown.size >= SHOWN_SIZE - 8 ? "…" : "");
    buffer_finish(&shown);
}

__attribute__((format(printf, 3, 4))) static bool refuse(const char *text, struct error *err,
                                                         const char *format, ...) {
    char shown[SHOWN_SIZE], why[400];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    show(text, shown);
    error_set(err, ERROR_INPUT, "\"%s\" is no host name: %s", shown, wanted < 0 ? "" : why);
    return false;
}

/* The host in a URL, or in what is left of one. */
static void host_within(const char *text, char out[static NAME_SIZE]) {
    const char *scheme = strstr(text, "://");
    const char *host = scheme ? scheme + 3 : text;
    size_t size = strcspn(host, "/?#");
    for (size_t at = size; at > 0; at--)
        if (host[at - 1] == '@') {
            host += at;
            size -= at;
            break;
        }
    size_t end = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    size = end < size ? end : size;
    snprintf(out, NAME_SIZE, "%.*s", (int)(size < NAME_SIZE ? size : 0), host);
}

static bool is_port(const char *text) {
    return text[0] == ':' && text[1] && strspn(text + 1, "0123456789") == strlen(text + 1);
}

/* Nothing around the name, and no address in its place? */
static bool check_form(const char *text, struct error *err) {
    char normal[NAME_SIZE], host[NAME_SIZE], shown[SHOWN_SIZE];
    if (text[0] == '\0') {
        error_set(err, ERROR_INPUT, "the host name is empty: give one such as mail.example.org");
        return false;
    }
    if (strnlen(text, TYPED_LIMIT) == TYPED_LIMIT)
        return refuse(text, err, "it is longer than the %d octets a name may have", NAME_LIMIT);
    if (address_normalise(text, normal))
        return refuse(text, err, "it is an address: give it as an address, not as a name");
    const char *colon = strrchr(text, ':');
    const char *around = strstr(text, "://")       ? "it is a URL"
                         : strchr(text, '@')       ? "it is an e-mail address"
                         : strchr(text, '/')       ? "it has a path behind it"
                         : colon && is_port(colon) ? "it has a port behind it"
                                                   : NULL;
    host_within(text, host);
    if (!around)
        return true;
    show(host, shown);
    if (host[0] == '\0')
        return refuse(text, err, "%s: give the name alone", around);
    return refuse(text, err, "%s: give \"%s\" alone", around, shown);
}

/* Part of a person's language, though nothing is seen of them (RFC 5892, appendix A). */
static bool is_joiner(uint32_t point) {
    return point == 0x200C || point == 0x200D;
}

static bool is_of_names(uint32_t point) {
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
           (point >= '0' && point <= '9') || point == '-' || point == '_' || point == '.';
}

/* Invisible characters must be looked for here: IDNA's mapping drops some without a word. */
static bool check_characters(const char *name, const char *typed, struct error *err) {
    for (size_t bytes = 0; *name; name += bytes) {
        uint32_t point = 0;
        char character[8] = "", shown[SHOWN_SIZE];
        bytes = utf8_read(name, &point);
        if (bytes == 0)
            return refuse(typed, err, "the octet \\x%02X in it is no UTF-8",
                          (unsigned)(unsigned char)*name);
        if (is_of_names(point) || is_joiner(point))
            continue;
        if (point == '*')
            return refuse(typed, err,
                          "a \"*\" can only be the whole first part of a name, as in "
                          "\"*.example.org\"");
        snprintf(character, sizeof character, "%.*s", (int)bytes, name);
        show(character, shown);
        if (point < 0x80 || shown[0] == '\\')
            return refuse(typed, err, "no host name has the character \"%s\": leave it out", shown);
    }
    return true;
}

/* Only these need IDNA. Other labels with hyphens in the third and fourth place are in use, though
 * IDNA would have none of them. */
static bool is_international(const char *text) {
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c >= 0x80)
            return true;
    for (const char *label = text; label; label = strchr(label, '.')) {
        label += *label == '.';
        if ((label[0] == 'x' || label[0] == 'X') && (label[1] == 'n' || label[1] == 'N') &&
            label[2] == '-' && label[3] == '-')
            return true;
    }
    return false;
}

/* IDNA's answer where it is no name. */
static bool refuse_by_idna(int code, const char *typed, struct error *err) {
    if (code == IDN2_TOO_BIG_LABEL || code == IDN2_PUNYCODE_BIG_OUTPUT)
        return refuse(typed, err, "one of its parts has more than %d octets as IDNA writes it",
                      LABEL_LIMIT);
    if (code == IDN2_TOO_BIG_DOMAIN)
        return refuse(typed, err, "it has more than %d octets as IDNA writes it", NAME_LIMIT);
    return refuse(typed, err, "IDNA does not allow it (%s)", idn2_strerror(code));
}

/* Newly allocated, or NULL and `err`. */
static char *to_a_labels(const char *name, const char *typed, struct error *err) {
    char *ascii = NULL, *copy = NULL;
    int code = IDN2_OK;
    /* With the mapping of Unicode TR 46, so that capital letters may be typed. */
    if (is_international(name))
        code = idn2_to_ascii_8z(name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code == IDN2_OK)
        copy = strdup(ascii ? ascii : name);
    idn2_free(ascii);
    if (code != IDN2_OK && code != IDN2_MALLOC)
        refuse_by_idna(code, typed, err);
    else if (!copy)
        error_set(err, ERROR_MEMORY, "out of memory");
    return copy;
}

static bool check_label(const char *label, size_t length, const char *typed, struct error *err) {
    if (length == 0)
        return refuse(typed, err, "there is nothing before, behind or between its dots");
    if (length > LABEL_LIMIT)
        return refuse(typed, err, "its part \"%.*s…\" has %zu octets, %d are allowed", 12, label,
                      length, LABEL_LIMIT);
    if (label[0] == '-' || label[length - 1] == '-')
        return refuse(typed, err, "its part \"%.*s\" begins or ends with a hyphen", (int)length,
                      label);
    return true;
}

/* `name`: in A-labels, without a final dot. */
static bool check_labels(const char *name, const char *typed, struct error *err) {
    const char *label = name;
    for (;; label++) {
        size_t length = strcspn(label, ".");
        if (!check_label(label, length, typed, err))
            return false;
        if (label[length] == '\0')
            break;
        label += length;
    }
    if (strspn(label, "0123456789") == strlen(label))
        return refuse(typed, err, "it ends with a number, as addresses do");
    return true;
}

static bool check_wildcard(const char *below, const char *typed, struct error *err) {
    if (strchr(below, '.'))
        return true;
    return refuse(typed, err,
                  "no client takes a wildcard for everything below \"%s\": put a domain before it, "
                  "as in \"*.example.%s\"",
                  below, below);
}

bool name_from_person(const char *text, char out[static NAME_SIZE], struct error *err) {
    bool ok = false;
    char name[NAME_SIZE];
    if (!check_form(text, err))
        return false;
    bool is_wildcard = strncmp(text, "*.", 2) == 0;
    const char *below = is_wildcard ? text + 2 : text;
    if (!check_characters(below, text, err))
        return false;
    char *ascii = to_a_labels(below, text, err);
    if (!ascii)
        return false;
    size_t length = strlen(ascii);
    if (length > 1 && ascii[length - 1] == '.')
        ascii[--length] = '\0';
    /* Again, since some characters are mapped to such as no name has (U+2100 to "a/c"). */
    if (!check_characters(ascii, text, err) || !check_labels(ascii, text, err) ||
        (is_wildcard && !check_wildcard(ascii, text, err)))
        goto done;
    size_t size = length + (is_wildcard ? 2 : 0);
    if (size > NAME_LIMIT) {
        refuse(text, err, "it has %zu octets, %d are allowed", size, NAME_LIMIT);
        goto done;
    }
    snprintf(name, sizeof name, "%s%s", is_wildcard ? "*." : "", ascii);
    ok = name_normalise(name, true, out);
    if (!ok)
        refuse(text, err, "write it as in mail.example.org");
done:
    free(ascii);
    return ok;
}
