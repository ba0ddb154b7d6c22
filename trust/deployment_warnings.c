#include "trust/deployment_warnings.h"

#include <stdlib.h>
#include <string.h>

/* In commands of a mend, where no name is known. */
#define SOME_HOST "HOST"

static bool out_of_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "warnings: out of memory");
    return false;
}

/* ---- a reason, and those who have it ---- */

enum { MOST_REASONS = (int)TRUST_FAMILY_COUNT * (int)TRUST_CONDITION_COUNT };

struct reason {
    const struct trust_finding *finding; /* the first family's */
    const char *families[TRUST_FAMILY_COUNT];
    size_t count;
};

struct reasons {
    struct reason items[MOST_REASONS];
    size_t count;
};

static void add_reason(struct reasons *reasons, const struct trust_finding *finding,
                       const char *family) {
    size_t i = 0;
    while (i < reasons->count && (strcmp(reasons->items[i].finding->reason, finding->reason) != 0 ||
                                  strcmp(reasons->items[i].finding->mend, finding->mend) != 0))
        i++;
    struct reason *reason = &reasons->items[i];
    if (i == reasons->count) {
        *reason = (struct reason){.finding = finding};
        reasons->count++;
    }
    reason->families[reason->count++] = family;
}

static void add_family(const struct trust_judgement *judgement, const char *family, bool is_named,
                       struct reasons *reasons) {
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++)
        if (!judgement->findings[i].holds && (is_named || i != TRUST_USED))
            add_reason(reasons, &judgement->findings[i], family);
}

/* ---- in words ---- */

static bool add_remark(struct trust_remarks *remarks, struct buffer *text, const char *mend) {
    struct trust_remark *items =
        realloc(remarks->items, (remarks->count + 1) * sizeof *remarks->items);
    if (items)
        remarks->items = items;
    struct trust_remark remark = {buffer_take(text), strdup(mend)};
    if (items && remark.text && remark.mend) {
        items[remarks->count++] = remark;
        return true;
    }
    free(remark.text);
    free(remark.mend);
    return false;
}

static bool tell_reason(const struct reason *reason, struct trust_remarks *out) {
    struct buffer text = {0};
    buffer_append_text(&text, "refused, trusted or not, by ");
    for (size_t i = 0; i < reason->count; i++)
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", reason->families[i]);
    buffer_printf(&text, ": %s", reason->finding->reason);
    return add_remark(out, &text, reason->finding->mend);
}

static bool tell_name(const struct cert_info *anchor, struct trust_remarks *out) {
    struct buffer text = {0};
    if (anchor->common_name && *anchor->common_name)
        return true;
    buffer_append_text(&text, "iPhones and iPads do not list a root without a common name, so that "
                              "it cannot be trusted there");
    return add_remark(out, &text, "make it again with one");
}

/* ---- all of them ---- */

static bool tell_families(const struct trust_judgement *judgements, bool is_named,
                          struct trust_remarks *out) {
    struct reasons reasons = {0};
    bool ok = true;
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++)
        add_family(&judgements[i], trust_families[i].name, is_named, &reasons);
    for (size_t i = 0; ok && i < reasons.count; i++)
        ok = tell_reason(&reasons.items[i], out);
    return ok;
}

static bool judge(const struct deployment *deployment, const struct deployment_look *look,
                  struct trust_judgement *judgements, struct error *err) {
    struct trust_anchors *anchors = NULL;
    if (!trust_anchors_of_chain(deployment->anchor, 1, &anchors, err))
        return false;
    const struct trust_evidence evidence = {.chain = look->chain,
                                            .count = look->count,
                                            .host = look->host ? look->host : SOME_HOST,
                                            .anchors = anchors,
                                            .now = look->now,
                                            .has_staple = look->has_staple};
    bool ok = trust_family_judge_all(&evidence, judgements, err);
    trust_anchors_destroy(anchors);
    return ok;
}

bool deployment_warnings(const struct deployment *deployment, const struct deployment_look *look,
                         struct trust_remarks *out, struct error *err) {
    struct trust_judgement judgements[TRUST_FAMILY_COUNT] = {0};
    struct trust_remarks remarks = {0};
    if (!judge(deployment, look, judgements, err))
        return false;
    bool is_named = look->host && look->host_is_named;
    bool ok =
        tell_families(judgements, is_named, &remarks) && tell_name(deployment->info, &remarks);
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++)
        trust_judgement_finish(&judgements[i]);
    if (ok) {
        *out = remarks;
        return true;
    }
    trust_remarks_finish(&remarks);
    return out_of_memory(err);
}
