/* Proactive negotiation, RFC 9110, 12.5.3 and 12.5.4. Nothing here allocates or copies: the fields
 * come from strangers and are read where they stand. */
#include "web/web.h"

#include <string.h>
#include <strings.h>

enum { QUALITY_MOST = 1000 }; /* q-values have three decimals */

/* One element of a list such as `de-AT;q=0.8`. */
struct element {
    const char *name;
    size_t size;
    int quality; /* thousandths */
};

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t");
}

/* A weight's value: 0[.ddd] or 1[.000] (12.4.2). NULL if it is none, else what follows it. */
static const char *read_quality(const char *at, int *quality) {
    if (*at != '0' && *at != '1')
        return NULL;
    int value = (*at++ - '0') * QUALITY_MOST;
    if (*at == '.') {
        at++;
        for (int unit = QUALITY_MOST / 10; unit > 0 && *at >= '0' && *at <= '9'; unit /= 10)
            value += (*at++ - '0') * unit;
    }
    if (value > QUALITY_MOST)
        return NULL;
    *quality = value;
    return at;
}

/* The parameters of an element, of which only the weight means something. False if they are not
 * what the grammar allows: the element then counts for nothing. */
static bool read_parameters(const char **cursor, int *quality) {
    const char *at = skip_space(*cursor);
    *quality = QUALITY_MOST;
    if (*at == ';') {
        at = skip_space(at + 1);
        if (strncasecmp(at, "q=", 2) != 0)
            return false;
        at = read_quality(at + 2, quality);
        if (!at)
            return false;
        at = skip_space(at);
    }
    *cursor = at;
    return *at == ',' || *at == '\0';
}

/* The next well-formed element; false at the end of the field. */
static bool next_element(const char **cursor, struct element *out) {
    const char *at = *cursor;
    for (;;) {
        at += strspn(at, " \t,");
        if (!*at) {
            *cursor = at;
            return false;
        }
        struct element element = {.name = at, .size = strcspn(at, " \t,;")};
        at += element.size;
        bool formed = element.size > 0 && read_parameters(&at, &element.quality);
        at += strcspn(at, ",");
        if (formed) {
            *cursor = at;
            *out = element;
            return true;
        }
    }
}

static bool element_is(const struct element *element, const char *name) {
    return element->size == strlen(name) && strncasecmp(element->name, name, element->size) == 0;
}

/* Is it a range below the language, as de-AT is below de (RFC 4647, 3.4)? */
static bool element_is_below(const struct element *element, const char *tag) {
    size_t size = strlen(tag);
    return element->size > size && element->name[size] == '-' &&
           strncasecmp(element->name, tag, size) == 0;
}

static const char *const language_tags[WEB_LANGUAGES] = {"en", "fr", "de"};
static const char *const coding_names[WEB_CODINGS] = {NULL, "gzip", "br"};

const char *web_language_tag(enum web_language language) {
    return language_tags[language];
}

const char *web_coding_name(enum web_coding coding) {
    return coding_names[coding];
}

/* How much a field wants something; `place` is where it says so, for the earlier to win a tie. */
struct wish {
    int quality;
    unsigned place;
};

static struct wish language_wish(const char *field, const char *tag) {
    struct wish named = {-1, 0}, any = {-1, 0};
    struct element element;
    for (unsigned place = 0; next_element(&field, &element); place++) {
        bool exact = element_is(&element, tag);
        if (exact && element.quality == 0)
            return (struct wish){0, place};
        /* de-AT;q=0 says nothing of de. */
        if ((exact || (element_is_below(&element, tag) && element.quality > 0)) &&
            element.quality > named.quality)
            named = (struct wish){element.quality, place};
        if (element_is(&element, "*") && any.quality < 0)
            any = (struct wish){element.quality, place};
    }
    return named.quality >= 0 ? named : any;
}

enum web_language web_language_choose(const char *accept_language) {
    enum web_language best = WEB_ENGLISH;
    struct wish most = {0, 0};
    for (int language = 0; accept_language && language < WEB_LANGUAGES; language++) {
        struct wish wish = language_wish(accept_language, language_tags[language]);
        if (wish.quality > most.quality ||
            (wish.quality > 0 && wish.quality == most.quality && wish.place < most.place)) {
            most = wish;
            best = (enum web_language)language;
        }
    }
    return best;
}

enum web_coding web_coding_choose(const char *accept_encoding) {
    int quality[WEB_CODINGS] = {-1, -1, -1};
    int any = -1;
    struct element element;
    while (accept_encoding && next_element(&accept_encoding, &element)) {
        if (element_is(&element, "identity"))
            quality[WEB_IDENTITY] = element.quality;
        else if (element_is(&element, "gzip") || element_is(&element, "x-gzip"))
            quality[WEB_GZIP] = element.quality;
        else if (element_is(&element, "br"))
            quality[WEB_BROTLI] = element.quality;
        else if (element_is(&element, "*"))
            any = element.quality;
    }
    /* Identity is always allowed unless excluded; unnamed, any coding that is wanted beats it. */
    enum web_coding best = WEB_IDENTITY;
    int most = quality[WEB_IDENTITY] > 0 ? quality[WEB_IDENTITY] : 0;
    for (int coding = WEB_GZIP; coding < WEB_CODINGS; coding++) {
        int wanted = quality[coding] >= 0 ? quality[coding] : any;
        if (wanted > 0 && wanted >= most) {
            most = wanted;
            best = (enum web_coding)coding;
        }
    }
    return best;
}
