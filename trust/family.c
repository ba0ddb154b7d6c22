#include "trust/family.h"

#include "trust/family_rules.h"
#include "trust/name_fit.h"
#include "trust/words.h"

#include <stdlib.h>
#include <string.h>

const struct trust_family trust_families[TRUST_FAMILY_COUNT] = {
    [TRUST_FAMILY_WINDOWS] = {"windows", "Windows and Outlook", false,
                              "import it into Trusted Root Certification Authorities of the "
                              "computer, by Group Policy: mailstorectl deploy (windows/)"},
    [TRUST_FAMILY_CHROME] = {"chrome", "Chrome and Edge", true,
                             "on Windows and macOS import it into the system's store; on Linux: "
                             "certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n NAME -i FILE "
                             "(-t P,, for a self-signed server's; mailstorectl deploy has it)"},
    [TRUST_FAMILY_FIREFOX] = {"firefox", "Firefox", true,
                              "by policies.json (mailstorectl deploy, firefox/), or in Settings › "
                              "Privacy & Security › View Certificates › Authorities › Import"},
    [TRUST_FAMILY_APPLE] = {"apple", "Apple", false,
                            "install the profile (mailstorectl deploy, apple/), and switch on full "
                            "trust in Settings › General › About › Certificate Trust Settings"},
    [TRUST_FAMILY_ANDROID] = {"android", "Android", false,
                              "Settings › Security › Encryption & credentials › Install a "
                              "certificate › CA certificate; apps must opt in to it"},
    [TRUST_FAMILY_JAVA] = {"java", "Java", true,
                           "keytool -importcert -cacerts -alias NAME -file FILE (mailstorectl "
                           "deploy, java/, has a truststore)"},
    [TRUST_FAMILY_OPENSSL] = {"openssl", "curl and OpenSSL", true,
                              "put it into the system's store: mailstorectl deploy (install.sh);"
                              " for curl alone: --cacert FILE"},
    [TRUST_FAMILY_GO] = {"go", "Go", true,
                         "put it into the system's store: mailstorectl deploy (install.sh); "
                         "for one program: SSL_CERT_FILE=FILE"},
};

bool trust_rule_row(size_t i, struct trust_rule_row *out) {
    if (i >= trust_rules_count)
        return false;
    const struct trust_rule *rule = &trust_rules[i];
    *out = (struct trust_rule_row){rule->word, rule->condition, rule->families, rule->when,
                                   rule->source};
    return true;
}

/* ---- which rules a way breaks ---- */

/* Rules that are broken, each by the first certificate that breaks it; NOT_BROKEN else. */
enum { MOST_RULES = 128, NOT_BROKEN = -1 };
struct breaches {
    struct route route;
    signed char at[MOST_RULES];
    size_t count;
};

struct judging {
    enum trust_family_id family;
    const struct trust_evidence *evidence;
    const struct known *known;
    unsigned peculiarities; /* of the name, those that are minded */
    bool has_name;
    struct breaches best;
    bool has_best;
};

static struct rule_view view_of(const struct judging *judging, const struct route *route,
                                size_t at) {
    return (struct rule_view){
        .evidence = judging->evidence,
        .known = judging->known,
        .route = route,
        .family = 1u << judging->family,
        .at = at,
        .own = &judging->known->items[route->steps[at]].facts,
        .leaf = &judging->known->items[0].facts,
    };
}

/* Is this rule one for the certificate at this step? */
static bool concerns(const struct judging *judging, const struct trust_rule *rule,
                     const struct route *route, size_t at) {
    const struct family_habits *habits = &family_habits[judging->family];
    bool is_anchor = route->is_anchored && at == route->count - 1;
    bool is_pinned = is_anchor && at == 0;
    if (is_pinned && habits->believes_pinned)
        return rule->scope == RULE_OF_KEY;
    if (is_anchor && at > 0 && (rule->anchor_exempt & (1u << judging->family)))
        return false;
    switch (rule->scope) {
    case RULE_OF_ROUTE:
    case RULE_OF_LEAF:
    case RULE_OF_KEY:
        return at == 0;
    case RULE_OF_ISSUER:
        return at > 0 || (is_pinned && habits->pinned_is_issuer);
    case RULE_OF_SIGNED:
        return !is_anchor || (is_pinned && habits->pinned_is_issuer);
    case RULE_OF_EACH:
        return true;
    case RULE_OF_NAME:
        break;
    }
    return false;
}

static int breaks_at(const struct judging *judging, const struct trust_rule *rule,
                     const struct route *route) {
    if (!(rule->families & (1u << judging->family)))
        return NOT_BROKEN;
    if (rule->scope == RULE_OF_NAME) {
        bool is_broken = rule->peculiarity ? (judging->peculiarities & rule->peculiarity) != 0
                                           : !judging->has_name;
        return is_broken ? 0 : NOT_BROKEN;
    }
    for (size_t at = 0; at < route->count; at++) {
        const struct rule_view view = view_of(judging, route, at);
        if (concerns(judging, rule, route, at) && rule->is_broken(&view))
            return (int)at;
    }
    return NOT_BROKEN;
}

static bool is_better(const struct breaches *a, const struct breaches *b) {
    if (a->route.is_anchored != b->route.is_anchored)
        return a->route.is_anchored;
    if (a->count != b->count)
        return a->count < b->count;
    return !a->route.is_anchored && a->route.count > b->route.count;
}

static bool weigh(void *context, const struct route *route) {
    struct judging *judging = context;
    struct breaches one = {.route = *route};
    for (size_t i = 0; i < trust_rules_count && i < MOST_RULES; i++) {
        one.at[i] = (signed char)breaks_at(judging, &trust_rules[i], route);
        one.count += one.at[i] != NOT_BROKEN;
    }
    if (!judging->has_best || is_better(&one, &judging->best))
        judging->best = one;
    judging->has_best = true;
    return one.count > 0 || !route->is_anchored;
}

/* ---- the judgement ---- */

static bool tell(const struct judging *judging, const struct trust_rule *rule, size_t at,
                 struct trust_finding *finding) {
    const struct rule_view view = view_of(judging, &judging->best.route, at);
    finding->holds = false;
    finding->reason = words_fill(rule->sentence, &view, judging->family);
    finding->mend = words_fill(rule->mend, &view, judging->family);
    return finding->reason && finding->mend;
}

static bool conclude(const struct judging *judging, struct trust_judgement *out) {
    const struct route *route = &judging->best.route;
    struct trust_judgement judgement = {.silent = judging->best.count == 0};
    bool ok = true;
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++)
        judgement.findings[i].holds = true;
    for (size_t i = 0; i < trust_rules_count && ok; i++) {
        struct trust_finding *finding = &judgement.findings[trust_rules[i].condition];
        if (judging->best.at[i] != NOT_BROKEN && finding->holds)
            ok = tell(judging, &trust_rules[i], (size_t)judging->best.at[i], finding);
    }
    if (ok && route->is_anchored) {
        const struct facts *end = &judging->known->items[route->steps[route->count - 1]].facts;
        judgement.anchor = strdup(end->subject_text);
        ok = judgement.anchor != NULL;
    }
    if (ok)
        *out = judgement;
    else
        trust_judgement_finish(&judgement);
    return ok;
}

static unsigned minded_peculiarities(enum trust_family_id family) {
    unsigned minded = 0;
    for (size_t i = 0; i < trust_rules_count; i++)
        if (trust_rules[i].scope == RULE_OF_NAME && (trust_rules[i].families & (1u << family)))
            minded |= trust_rules[i].peculiarity;
    return minded;
}

static bool judge(enum trust_family_id family, const struct trust_evidence *evidence,
                  const struct known *known, struct trust_judgement *out, struct error *err) {
    struct judging judging = {.family = family, .evidence = evidence, .known = known};
    judging.has_name = name_fit(&known->items[0].facts, evidence->host,
                                minded_peculiarities(family), &judging.peculiarities);
    route_visit(known, family_habits[family].search, evidence->now, weigh, &judging);
    if (conclude(&judging, out))
        return true;
    error_set(err, ERROR_MEMORY, "chain: out of memory");
    return false;
}

bool trust_family_judge(enum trust_family_id family, const struct trust_evidence *evidence,
                        struct trust_judgement *out, struct error *err) {
    struct known known = {0};
    if (!known_gather(evidence, &known, err))
        return false;
    bool ok = judge(family, evidence, &known, out, err);
    known_finish(&known);
    return ok;
}

bool trust_family_judge_all(const struct trust_evidence *evidence,
                            struct trust_judgement out[static TRUST_FAMILY_COUNT],
                            struct error *err) {
    struct trust_judgement all[TRUST_FAMILY_COUNT] = {0};
    struct known known = {0};
    bool ok = known_gather(evidence, &known, err);
    for (size_t i = 0; ok && i < TRUST_FAMILY_COUNT; i++)
        ok = judge((enum trust_family_id)i, evidence, &known, &all[i], err);
    known_finish(&known);
    if (ok)
        memcpy(out, all, sizeof all);
    for (size_t i = 0; !ok && i < TRUST_FAMILY_COUNT; i++)
        trust_judgement_finish(&all[i]);
    return ok;
}
