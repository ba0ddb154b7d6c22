/* Rules about encodings that are not as RFC 5280 has them: some readers are strict, some are not.
 */
#include "trust/rule_tests.h"

/* By what the clients that run in the tests do (tests/clients/family_cases/encodings.py); Windows,
 * Apple and Android are taken to refuse what most do. */
static const struct {
    unsigned oddity, minded_by;
    const char *what;
} encodings[] = {
    {FACT_ODD_VERSION, RULE_ALL & ~(RULE_O | RULE_F), "a version beyond 3"},
    {FACT_ODD_PRINTABLE, RULE_C | RULE_G, "a PrintableString with other characters"},
    {FACT_ODD_AMPERSAND, RULE_C, "a PrintableString with an ampersand"},
    {FACT_ODD_TIME, RULE_C | RULE_F | RULE_O, "a time with a fraction or a zone"},
    {FACT_ODD_TIME_SHORT, RULE_C | RULE_F | RULE_O, "a time without seconds"},
    {FACT_ODD_DAY, RULE_C | RULE_F | RULE_O | RULE_G, "a day that no calendar has"},
    {FACT_ODD_LEAP_SECOND, RULE_F | RULE_J | RULE_O | RULE_G, "a leap second"},
    {FACT_ODD_TIME_EARLY, RULE_F, "a year before 1970"},
    {FACT_ODD_TWICE, RULE_ALL & ~(RULE_O | RULE_F), "an extension that is there twice"},
    {FACT_ODD_TWICE_KNOWN, RULE_ALL, "an extension that is there twice"},
    {FACT_ODD_BOOLEAN, RULE_C | RULE_F | RULE_G, "a BOOLEAN that is neither 0 nor 255"},
    {FACT_ODD_BITS, RULE_C | RULE_F | RULE_G, "unused bits that are set"},
    {FACT_ODD_TRAILING, RULE_ALL & ~(RULE_O | RULE_G), "something behind an extension's value"},
    {FACT_ODD_LENGTH_NEGATIVE, RULE_C | RULE_F | RULE_J | RULE_O, "a path length below 0"},
    {FACT_ODD_LENGTH_LONG, RULE_C | RULE_F, "a path length beyond 255"},
    {FACT_ODD_SUBTREES, RULE_C | RULE_F | RULE_G, "name constraints that are empty"},
    {FACT_ODD_NETWORK, RULE_C | RULE_G, "name constraints with a mask that has holes"},
    {FACT_ODD_NETWORK_SIZE, RULE_C | RULE_J | RULE_G, "name constraints with half a network"},
    {FACT_ODD_DISTANCE, RULE_ALL & ~RULE_G, "name constraints with a minimum or maximum"},
    {FACT_ODD_ACCESS, RULE_C | RULE_F | RULE_G, "authorityInfoAccess"},
    {FACT_ODD_POLICIES, RULE_C | RULE_G, "certificatePolicies"},
    {FACT_ODD_POLICY_TWICE, RULE_C, "certificatePolicies that are empty or repeat one"},
    {FACT_ODD_POLICY_CONSTRAINTS, RULE_C, "policyConstraints"},
    {FACT_ODD_INHIBIT_ANY, RULE_C, "inhibitAnyPolicy"},
    {FACT_ODD_FEATURES, RULE_F, "the TLS feature extension"},
};

static unsigned minded_by(unsigned family) {
    unsigned minded = 0;
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (encodings[i].minded_by & family)
            minded |= encodings[i].oddity;
    return minded;
}

bool rule_encoding(const struct rule_view *view) {
    return (view->own->oddities & minded_by(view->family) & ~(unsigned)FACT_ODD_TIMES) != 0;
}

bool rule_time_encoding(const struct rule_view *view) {
    return (view->own->oddities & minded_by(view->family) & FACT_ODD_TIMES) != 0;
}

/* Some read all that was sent before they look at any of it. */
bool rule_encoding_sent(const struct rule_view *view) {
    unsigned minded = minded_by(view->family);
    for (size_t i = 0; i < view->known->count; i++) {
        const struct known_certificate *one = &view->known->items[i];
        if (one->is_sent && (one->facts.is_malformed || (one->facts.oddities & minded)))
            return true;
    }
    return false;
}

const char *rule_encoding_text(const struct facts *facts, unsigned among, unsigned family) {
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if ((facts->oddities & among & encodings[i].oddity) && (encodings[i].minded_by & family))
            return encodings[i].what;
    return "";
}
