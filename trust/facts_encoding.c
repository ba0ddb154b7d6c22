/* What of a certificate's encoding is not DER as RFC 5280 wants it, beside its extensions. */
#include "certs/der.h"
#include "trust/facts.h"

#include <string.h>

static struct fact_span span_of(struct der_element element) {
    return (struct fact_span){element.data, element.size};
}

/* ---- times (RFC 5280, 4.1.2.5) ---- */

static int two_digits(const unsigned char *at) {
    return (at[0] - '0') * 10 + at[1] - '0';
}

static bool are_digits(const unsigned char *at, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (at[i] < '0' || at[i] > '9')
            return false;
    return true;
}

static int days_of(int month, int year) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month < 1 || month > 12 ? 0 : days[month - 1] + (month == 2 && is_leap);
}

/* YYMMDDhhmmssZ, YYYYMMDDhhmmssZ. GnuTLS reads more than that. */
static unsigned odd_time(struct der_element time) {
    enum { YEARS_OF_UTC = 2, SHORT = 10, WHOLE = 12, FIRST_YEAR = 1970 };
    const unsigned char *at = time.data;
    size_t century = time.tag == DER_GENERALIZED_TIME ? 2 : 0, digits = century;
    while (digits < time.size && are_digits(at + digits, 1))
        digits++;
    if (digits + 1 != time.size || at[digits] != 'Z' || digits < century + SHORT)
        return FACT_ODD_TIME;
    if (digits < century + WHOLE)
        return FACT_ODD_TIME_SHORT;
    int year = two_digits(at) * (century ? 100 : 1) + (century ? two_digits(at + 2) : 0);
    if (century == 0)
        year += year < 50 ? 2000 : 1900;
    if (year < FIRST_YEAR)
        return FACT_ODD_TIME_EARLY;
    at += century + YEARS_OF_UTC;
    int day = two_digits(at + 2);
    if (day < 1 || day > days_of(two_digits(at), year))
        return FACT_ODD_DAY;
    return two_digits(at + 8) == 60 ? FACT_ODD_LEAP_SECOND : 0;
}

static unsigned odd_validity(struct der_element validity) {
    struct der_element time;
    unsigned found = 0;
    while (der_take(&validity, &time))
        found |= odd_time(time);
    return found;
}

/* ---- names ---- */

/* X.680, 41.4. Nobody minds an asterisk, and few an ampersand. */
static unsigned odd_printable(struct fact_span text) {
    static const char others[] = " '()*+,-./:=?";
    unsigned found = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.data[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (c == '&')
            found |= FACT_ODD_AMPERSAND;
        else if (!is_letter && !are_digits(&c, 1) && (c == 0 || !strchr(others, c)))
            found |= FACT_ODD_PRINTABLE;
    }
    return found;
}

static unsigned odd_name(struct fact_span name) {
    struct der_element rest = {0, name.data, name.size}, parts, part, pair, type, value;
    unsigned found = 0;
    if (!der_take(&rest, &parts))
        return 0;
    while (der_take(&parts, &part))
        while (der_take(&part, &pair))
            if (der_take(&pair, &type) && der_take(&pair, &value) &&
                value.tag == DER_PRINTABLE_STRING)
                found |= odd_printable(span_of(value));
    return found;
}

/* ---- all ---- */

static unsigned odd_extensions(const struct facts *facts) {
    for (size_t i = 0; i < facts->extension_count; i++)
        for (size_t j = 0; j < i; j++)
            if (fact_span_equal(facts->extensions[i].oid, facts->extensions[j].oid))
                return FACT_ODD_TWICE;
    return 0;
}

void facts_find_oddities(struct facts *facts, struct fact_span validity) {
    enum { NEWEST = 3 };
    facts->oddities |= odd_validity((struct der_element){0, validity.data, validity.size});
    facts->oddities |= odd_name(facts->subject) | odd_name(facts->issuer);
    facts->oddities |= odd_extensions(facts);
    if (facts->version > NEWEST)
        facts->oddities |= FACT_ODD_VERSION;
}
