#include "base/time_text.h"
#include "web/assets.h"
#include "web/values.h"

#include <stdio.h>
#include <string.h>

const char *web_condition_text(enum web_language language, const char *word) {
    const struct web_condition_text *text = web_condition_texts[language];
    while (text->word && strcmp(text->word, word) != 0)
        text++;
    return text->sentence;
}

static bool fails(const struct web_trust *trust, const char *word) {
    for (const char *const *each = trust->failing; each && *each; each++)
        if (strcmp(*each, word) == 0)
            return true;
    return false;
}

enum { SENTENCES = 8 };

/* In words for people; of a condition that has none, nothing. */
static void translate(enum web_language language, const char *const *words,
                      const char *sentences[static SENTENCES + 1]) {
    size_t count = 0;
    for (; words && *words && count < SENTENCES; words++)
        if ((sentences[count] = web_condition_text(language, *words)))
            count++;
    sentences[count] = NULL;
}

/* Whose steps come first: the system's; Firefox' besides, or instead where it does not go by what
 * the system trusts. */
static void put_visitor_first(const struct web_visitor *visitor, const char **slots) {
    slots[SLOT_ON_ANDROID] = value_flag(visitor->system == WEB_ANDROID);
    slots[SLOT_ON_FIREFOX] = value_flag(visitor->is_firefox);
    slots[SLOT_ON_IOS] = value_flag(visitor->system == WEB_IOS);
    slots[SLOT_ON_LINUX] = value_flag(visitor->system == WEB_LINUX && !visitor->is_firefox);
    slots[SLOT_ON_MACOS] = value_flag(visitor->system == WEB_MACOS);
    slots[SLOT_ON_WINDOWS] = value_flag(visitor->system == WEB_WINDOWS);
}

/* To its own visitors what concerns them, to others, and where the system is not known, all. */
static void put_firefox(const struct web_visitor *visitor, const char **slots) {
    enum web_system system = visitor->is_firefox ? visitor->system : WEB_SYSTEM_UNKNOWN;
    bool all = system == WEB_SYSTEM_UNKNOWN;
    slots[SLOT_FIREFOX_ALONE] = value_flag(all || system == WEB_LINUX);
    slots[SLOT_FIREFOX_BY_SYSTEM] = value_flag(all || system == WEB_WINDOWS || system == WEB_MACOS);
    slots[SLOT_FIREFOX_ON_ANDROID] = value_flag(all || system == WEB_ANDROID);
}

struct dates {
    char not_before[TIME_TEXT_SIZE], not_after[TIME_TEXT_SIZE], anchor_not_after[TIME_TEXT_SIZE];
    char days[24];
};

static void put_dates(const struct web_trust *trust, struct dates *dates, const char **slots) {
    bool expired = trust->now > trust->not_after, early = trust->now < trust->not_before;
    bool fits = !expired && !early;
    snprintf(dates->days, sizeof dates->days, "%lld",
             (long long)value_days_between(trust->now, trust->not_after));
    slots[SLOT_ANCHOR_NOT_AFTER] = time_text(trust->anchor_not_after, dates->anchor_not_after);
    slots[SLOT_CHAIN_OVER] = value_flag(fits && fails(trust, "current"));
    slots[SLOT_DAYS] = dates->days;
    slots[SLOT_EARLY] = value_flag(early && !expired);
    slots[SLOT_EXPIRED] = value_flag(expired);
    slots[SLOT_NOT_AFTER] = time_text(trust->not_after, dates->not_after);
    slots[SLOT_NOT_BEFORE] = time_text(trust->not_before, dates->not_before);
    slots[SLOT_VALID] = value_flag(fits && !fails(trust, "current"));
}

void web_trust_render(enum web_language language, const struct web_trust *trust,
                      struct buffer *out) {
    struct value_groups fingerprint = {0}, thumbprint = {0};
    const char *failing[SENTENCES + 1];
    struct dates dates;
    translate(language, trust->failing, failing);
    struct template_values values = {
        .slots =
            {
                [SLOT_ANCHOR] = trust->anchor,
                [SLOT_APPLE_REFUSES] = value_flag(trust->apple_refuses),
                [SLOT_FILE] = trust->file,
                [SLOT_HAS_NAMES] = value_flag(trust->names && trust->names[0]),
                [SLOT_HOST] = trust->host,
                [SLOT_IS_AUTHORITY] = value_flag(trust->is_authority),
                [SLOT_MAY_ISSUE] = value_flag(trust->may_issue),
                [SLOT_NAMED] = value_flag(!fails(trust, "named")),
                [SLOT_NAME_COVERED] = value_flag(trust->host && !fails(trust, "used")),
                [SLOT_NAME_MISSING] = value_flag(trust->host && fails(trust, "used")),
                [SLOT_ROOT] = trust->root,
                [SLOT_SUSPECT] = value_flag(failing[0]),
            },
        .lists =
            {
                [LIST_FAILING] = failing,
                [LIST_FINGERPRINT] = value_split(trust->fingerprint, &fingerprint),
                [LIST_NAMES] = trust->names,
                [LIST_THUMBPRINT] = value_split(trust->thumbprint, &thumbprint),
            },
    };
    put_visitor_first(&trust->visitor, values.slots);
    put_firefox(&trust->visitor, values.slots);
    put_dates(trust, &dates, values.slots);
    template_render(&web_trust_page[language], &values, out);
}
