#include "trust/judge.h"

#include "base/time_text.h"
#include "certs/names.h"
#include "trust/anchors.h"
#include "trust/issuer.h"

#include <stdlib.h>
#include <string.h>

void trust_judgement_finish(struct trust_judgement *judgement) {
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        free(judgement->findings[i].reason);
        free(judgement->findings[i].mend);
    }
    free(judgement->anchor);
    *judgement = (struct trust_judgement){0};
}

/* ---- names ---- */

static bool is_address(const char *text) {
    char normal[NAME_SIZE];
    return address_normalise(text, normal);
}

static bool is_usable(const char *dns_name) {
    char normal[NAME_SIZE];
    return name_normalise(dns_name, true, normal);
}

/* An address written as a DNS name and nowhere else. */
static const char *misplaced_address(const struct cert_info *info) {
    for (size_t i = 0; i < info->dns_names.count; i++) {
        char normal[NAME_SIZE];
        if (address_normalise(info->dns_names.items[i], normal) &&
            !string_list_has(&info->addresses, normal))
            return info->dns_names.items[i];
    }
    return NULL;
}

static bool has_usable_name(const struct cert_info *info) {
    bool found = info->addresses.count > 0;
    for (size_t i = 0; i < info->dns_names.count; i++)
        found |= is_usable(info->dns_names.items[i]);
    return found;
}

static void judge_common_name(const struct cert_info *info, struct trust_words *words) {
    const char *name = info->common_name;
    if (name)
        trust_say(words, false,
                  "its only name, %s, is the common name, where Chromium, Edge, Firefox and Go do "
                  "not look: they look in the subject alternative names alone",
                  name);
    else
        trust_say(words, false, "there is no name in it");
    trust_mend(words, "make it again with its names as subject alternative names");
}

static void judge_named(const struct cert_info *info, struct trust_words *words) {
    const char *misplaced = misplaced_address(info);
    if (!info->has_alternative_names) {
        judge_common_name(info, words);
        return;
    }
    trust_say(words, has_usable_name(info), NULL);
    if (misplaced) {
        trust_say(words, has_usable_name(info),
                  "the address %s stands in it as a DNS name, where clients do not look for it",
                  misplaced);
        trust_mend(words, "make it again with %s as an IP address", misplaced);
    } else if (!has_usable_name(info)) {
        trust_say(words, false,
                  "its subject alternative names are neither host names nor addresses");
        trust_mend(words, "make it again with its host names as subject alternative names");
    }
}

/* "a, b and 3 more" */
static void append_names(struct buffer *out, const struct cert_info *info) {
    enum { MOST = 4 };
    size_t shown = 0, count = info->dns_names.count + info->addresses.count;
    if (!info->has_alternative_names || count == 0) {
        buffer_append_text(
            out, info->has_alternative_names || !info->common_name ? "no host" : info->common_name);
        return;
    }
    for (size_t i = 0; i < count && shown < MOST; i++, shown++) {
        const struct string_list *list =
            i < info->dns_names.count ? &info->dns_names : &info->addresses;
        size_t at = i < info->dns_names.count ? i : i - info->dns_names.count;
        buffer_printf(out, "%s%s", shown > 0 ? ", " : "", list->items[at]);
    }
    if (count > shown)
        buffer_printf(out, " and %zu more", count - shown);
}

/* The wildcard that would fit, if it stood for more than one label. */
static const char *short_wildcard(const struct cert_info *info, const char *host) {
    size_t length = strlen(host);
    for (size_t i = 0; i < info->dns_names.count; i++) {
        const char *pattern = info->dns_names.items[i];
        size_t tail = strlen(pattern);
        if (tail > 2 && pattern[0] == '*' && pattern[1] == '.' && length > tail - 1 &&
            strcmp(host + length - (tail - 1), pattern + 1) == 0)
            return pattern;
    }
    return NULL;
}

static void judge_used(const struct cert_info *info, const char *host, struct trust_words *words) {
    struct buffer names = {0};
    const char *wildcard = short_wildcard(info, host);
    if (cert_info_names(info, host, false)) {
        trust_say(words, true, NULL);
        return;
    }
    append_names(&names, info);
    const char *list = names.data && !names.failed ? names.data : "others";
    if (is_address(host) && string_list_has(&info->dns_names, host))
        trust_say(words, false,
                  "%s stands in it as a DNS name alone, where clients do not look for an address",
                  host);
    else if (wildcard)
        trust_say(words, false, "it is for %s, not for %s: the * of %s stands for one label alone",
                  list, host, wildcard);
    else
        trust_say(words, false, "it is for %s, not for %s", list, host);
    trust_mend(words, "use a name that stands in it, or make one with %s %s", host,
               is_address(host) ? "as an IP address" : "among its names");
    buffer_finish(&names);
}

/* ---- dates ---- */

static void judge_current(const struct trust_path *path, int64_t now, struct trust_words *words) {
    char date[TIME_TEXT_SIZE];
    trust_say(words, true, NULL);
    for (size_t i = 0; i < path->count; i++) {
        const struct cert_info *info = &path->steps[i].info;
        bool is_over = now > info->not_after, is_early = now < info->not_before;
        if (!is_over && !is_early)
            continue;
        time_text(is_over ? info->not_after : info->not_before, date);
        const char *verb = is_over ? "expired on" : "is valid only from";
        if (i == 0) {
            trust_say(words, false, "it %s %s", verb, date);
            trust_mend(words, is_over ? "renew it" : "wait until then, or set the clocks right");
        } else {
            trust_say(words, false, "the certificate of its issuer %s %s %s", info->subject, verb,
                      date);
            trust_mend(words, is_over ? "put the issuer's new certificate into the chain"
                                      : "wait until then, or set the clocks right");
        }
        return;
    }
}

/* ---- all ---- */

bool trust_judge(const struct blob *chain, size_t count, const char *host,
                 const struct trust_anchors *anchors, int64_t now, struct trust_judgement *out,
                 struct error *err) {
    static const struct trust_anchors none = {0};
    struct trust_path path = {0};
    struct trust_judgement judgement = {.silent = true};
    struct trust_words words[TRUST_CONDITION_COUNT];
    anchors = anchors ? anchors : &none;
    if (!trust_path_find(chain, count, anchors, now, &path, err))
        return false;
    const struct cert_info *info = &path.steps[0].info;
    bool ok = true;
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++)
        words[i] = (struct trust_words){.finding = &judgement.findings[i]};
    judge_named(info, &words[TRUST_NAMED]);
    judge_used(info, host, &words[TRUST_USED]);
    trust_judge_issuer(&path, anchors, &words[TRUST_ISSUER]);
    judge_current(&path, now, &words[TRUST_CURRENT]);
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        judgement.silent &= judgement.findings[i].holds;
        ok &= !words[i].failed;
    }
    if (path.is_anchored)
        judgement.anchor = strdup(path.steps[path.count - 1].info.subject);
    ok = ok && (!path.is_anchored || judgement.anchor);
    trust_path_finish(&path);
    if (ok) {
        *out = judgement;
        return true;
    }
    trust_judgement_finish(&judgement);
    error_set(err, ERROR_MEMORY, "chain: out of memory");
    return false;
}
