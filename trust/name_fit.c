#include "trust/name_fit.h"

#include "certs/names.h"

#include <string.h>

bool name_fit_has(const struct facts *facts, enum fact_name_kind kind) {
    for (size_t i = 0; i < facts->names.count; i++)
        if (facts->names.items[i].kind == (int)kind)
            return true;
    return false;
}

/* ---- host names ---- */

/* As a text in small letters, without the dot at its end. False: too long, or no text. */
static bool lower(struct fact_span value, char out[static NAME_SIZE], bool *has_dot) {
    *has_dot = value.size > 1 && value.data[value.size - 1] == '.';
    size_t size = value.size - (*has_dot ? 1 : 0);
    if (size == 0 || size >= NAME_SIZE || memchr(value.data, '\0', size))
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = value.data[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    out[size] = '\0';
    return true;
}

/* Within one label each; a star stands for any number of characters, some clients' for none. */
static bool label_matches(const char *pattern, size_t pattern_size, const char *label,
                          size_t label_size) {
    const char *star = memchr(pattern, '*', pattern_size);
    if (!star)
        return pattern_size == label_size && memcmp(pattern, label, label_size) == 0;
    size_t head = (size_t)(star - pattern), tail = pattern_size - head - 1;
    return !memchr(star + 1, '*', tail) && label_size >= head + tail && label_size > 0 &&
           memcmp(pattern, label, head) == 0 &&
           memcmp(star + 1, label + label_size - tail, tail) == 0;
}

static bool is_plain_label(const char *label, size_t size) {
    return strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") >= size;
}

/* Names under which registries sell names. Chromium has the whole list (publicsuffix.org); this is
 * its most usual part. */
static bool is_public_suffix(const char *base) {
    static const char *const kinds[] = {"ac",  "co", "com", "edu", "gob", "gouv",
                                        "gov", "gv", "net", "ne",  "or",  "org"};
    const char *dot = strchr(base, '.');
    if (!dot || strlen(dot + 1) != 2)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i]) == (size_t)(dot - base) &&
            strncmp(base, kinds[i], (size_t)(dot - base)) == 0)
            return true;
    return false;
}

/* Of "*.base". */
static unsigned peculiarities_of_base(const char *base, const char *host) {
    unsigned found = 0;
    if (!strchr(base, '.'))
        found |= PECULIAR_WILDCARD_TOP;
    else if (is_public_suffix(base))
        found |= PECULIAR_WILDCARD_SUFFIX;
    if (!is_plain_label(host, strcspn(host, ".")))
        found |= PECULIAR_WILDCARD_UNDERSCORE;
    return found;
}

/* False: it does not fit, however one reads it. */
static bool pattern_fits(const char *pattern, const char *host, unsigned *out) {
    unsigned found = 0;
    const char *rest = pattern, *name = host;
    for (bool is_first = true;; is_first = false) {
        size_t size = strcspn(rest, "."), label = strcspn(name, ".");
        bool is_last = rest[size] == '\0';
        if (!label_matches(rest, size, name, label) || is_last != (name[label] == '\0'))
            return false;
        if (memchr(rest, '*', size)) {
            found |= is_first ? 0 : PECULIAR_WILDCARD_LATER;
            found |= is_last ? PECULIAR_WILDCARD_LAST : 0;
            found |= size > 1 ? PECULIAR_WILDCARD_WITHIN : 0;
            found |= size > 1 && strncmp(name, "xn--", 4) == 0 ? PECULIAR_WILDCARD_IDN : 0;
        }
        if (is_last)
            break;
        rest += size + 1;
        name += label + 1;
    }
    if (strncmp(pattern, "*.", 2) == 0 && !strchr(pattern + 1, '*'))
        found |= peculiarities_of_base(pattern + 2, host);
    *out |= found;
    return true;
}

static bool dns_name_fits(struct fact_span value, const char *host, unsigned *out) {
    char name[NAME_SIZE];
    bool has_dot = false;
    if (!lower(value, name, &has_dot))
        return false;
    if (has_dot)
        *out |= PECULIAR_TRAILING_DOT;
    return strcmp(name, host) == 0 || (strchr(name, '*') && pattern_fits(name, host, out));
}

/* ---- addresses ---- */

static bool address_fits(struct fact_span value, const unsigned char *octets, size_t size,
                         unsigned *out) {
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (value.size == size && memcmp(value.data, octets, size) == 0)
        return true;
    *out |= PECULIAR_ADDRESS_MAPPED;
    return size == 4 && value.size == sizeof mapped + 4 &&
           memcmp(value.data, mapped, sizeof mapped) == 0 &&
           memcmp(value.data + sizeof mapped, octets, size) == 0;
}

static bool is_text_of(struct fact_span value, const char *text) {
    return value.size == strlen(text) && memcmp(value.data, text, value.size) == 0;
}

/* ---- all of them ---- */

struct fit {
    unsigned minded, best;
    bool found;
};

static void take(struct fit *fit, unsigned peculiarities) {
    unsigned minded = peculiarities & fit->minded;
    if (!fit->found || __builtin_popcount(minded) < __builtin_popcount(fit->best))
        fit->best = minded;
    fit->found = true;
}

static void fit_address(const struct facts *facts, const char *host, const unsigned char *octets,
                        size_t size, struct fit *fit) {
    for (size_t i = 0; i < facts->names.count; i++) {
        const struct fact_name *name = &facts->names.items[i];
        unsigned found = 0;
        if (name->kind == FACT_NAME_ADDRESS && address_fits(name->value, octets, size, &found))
            take(fit, found);
        if (name->kind == FACT_NAME_DNS && is_text_of(name->value, host))
            take(fit, PECULIAR_ADDRESS_AS_NAME);
    }
    if (!name_fit_has(facts, FACT_NAME_DNS) && !name_fit_has(facts, FACT_NAME_ADDRESS) &&
        facts->common_name && strcmp(facts->common_name, host) == 0)
        take(fit, PECULIAR_ADDRESS_COMMON_NAME);
}

static void fit_name(const struct facts *facts, const char *host, struct fit *fit) {
    for (size_t i = 0; i < facts->names.count; i++) {
        const struct fact_name *name = &facts->names.items[i];
        unsigned found = 0;
        if (name->kind == FACT_NAME_DNS && dns_name_fits(name->value, host, &found))
            take(fit, found);
    }
    if (name_fit_has(facts, FACT_NAME_DNS) || !facts->common_name)
        return;
    const struct fact_span value = {(const unsigned char *)facts->common_name,
                                    strlen(facts->common_name)};
    unsigned found = PECULIAR_COMMON_NAME;
    if (name_fit_has(facts, FACT_NAME_ADDRESS))
        found |= PECULIAR_COMMON_NAME_BESIDE;
    if (dns_name_fits(value, host, &found))
        take(fit, found);
}

bool name_fit(const struct facts *facts, const char *host, unsigned minded, unsigned *out) {
    unsigned char octets[ADDRESS_OCTETS];
    struct fit fit = {.minded = minded};
    size_t size = address_octets(host, octets);
    if (size > 0)
        fit_address(facts, host, octets, size, &fit);
    else
        fit_name(facts, host, &fit);
    *out = fit.best;
    return fit.found;
}
