/* Pages with gaps: what web/embed.py makes of a template, and how it is filled in.
 *
 * In a template, `{{=slot}}` is a value, `{{?slot}}…{{/}}` is there when the slot has one,
 * `{{!slot}}…{{/}}` when it has none, `{{#list}}…{{=item}}…{{/}}` repeats. Sections that repeat
 * do not nest in one another. The names are those of the enums below, in lower case. */
#pragma once

#include "base/blob.h"

#include <stddef.h>

enum template_slot {
    SLOT_ADVICE,
    SLOT_ANCHOR,
    SLOT_ANCHOR_NOT_AFTER,
    SLOT_APPLE_REFUSES,
    SLOT_CHAIN_OVER,
    SLOT_CIPHER,
    SLOT_CLIENT_ADDRESS,
    SLOT_DAYS,
    SLOT_EARLY,
    SLOT_ENTRY,
    SLOT_EXPIRED,
    SLOT_FILE,
    SLOT_FIREFOX_ALONE,
    SLOT_FIREFOX_BY_SYSTEM,
    SLOT_FIREFOX_ON_ANDROID,
    SLOT_HAS_NAMES,
    SLOT_HOST,
    SLOT_ISSUER,
    SLOT_IS_AUTHORITY,
    SLOT_KEY,
    SLOT_LOCAL_ADDRESS,
    SLOT_LOCAL_PORT,
    SLOT_MAY_ISSUE,
    SLOT_NAMED,
    SLOT_NAME_COVERED,
    SLOT_NAME_MISSING,
    SLOT_NOT_AFTER,
    SLOT_NOT_BEFORE,
    SLOT_ON_ANDROID,
    SLOT_ON_FIREFOX,
    SLOT_ON_IOS,
    SLOT_ON_LINUX,
    SLOT_ON_MACOS,
    SLOT_ON_WINDOWS,
    SLOT_RESUMED,
    SLOT_ROOT,
    SLOT_SERIAL,
    SLOT_SERVER_NAME,
    SLOT_SERVICE,
    SLOT_STATUS,
    SLOT_SUBJECT,
    SLOT_SUSPECT,
    SLOT_TITLE,
    SLOT_TLS_VERSION,
    SLOT_VALID,
    SLOTS
};

enum template_list { LIST_FAILING, LIST_FINGERPRINT, LIST_NAMES, LIST_THUMBPRINT, LISTS };

/* What fills the gaps; borrowed. */
struct template_values {
    const char *slots[SLOTS];        /* NULL: has no value */
    const char *const *lists[LISTS]; /* each NULL-terminated; NULL: empty */
};

enum template_kind {
    PART_TEXT,   /* HTML as it stands */
    PART_VALUE,  /* of a slot */
    PART_ITEM,   /* of the list being repeated */
    PART_WHEN,   /* opens a section: the slot has a value */
    PART_UNLESS, /* opens a section: the slot has none */
    PART_EACH,   /* opens a section: for each item of the list */
    PART_END,    /* closes the section it is paired with */
};

struct template_part {
    enum template_kind kind;
    unsigned index; /* of the slot or the list */
    size_t pair;    /* a section's other end: the index of that part */
    const char *text;
    size_t size;
};

struct template {
    const struct template_part *parts;
    size_t count;
};

/* Appends the page, every value escaped. A value that is missing shows as a dash. */
void template_render(const struct template *page, const struct template_values *values,
                     struct buffer *out);
