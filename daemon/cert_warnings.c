#include "daemon/cert_warnings.h"

#include "base/log.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 24 * 3600 };

struct told {
    unsigned char fingerprint[CERT_FINGERPRINT_SIZE];
    int step;
};

struct cert_warnings {
    struct told *told; /* of the certificates near their end */
    size_t count;
    char *missing; /* the names last said to be missing; NULL: none */
};

bool cert_warnings_create(struct cert_warnings **out, struct error *err) {
    *out = calloc(1, sizeof **out);
    if (!*out)
        error_set(err, ERROR_MEMORY, "warnings: out of memory");
    return *out != NULL;
}

void cert_warnings_destroy(struct cert_warnings *warnings) {
    if (!warnings)
        return;
    free(warnings->told);
    free(warnings->missing);
    free(warnings);
}

int expiry_step(int64_t not_after, int64_t now) {
    static const int steps[] = {1, 7, 14, 30};
    if (now > not_after)
        return 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (not_after - now <= (int64_t)steps[i] * DAY_S)
            return steps[i];
    return -1;
}

static int step_told(const struct cert_warnings *warnings, const unsigned char *fingerprint) {
    for (size_t i = 0; i < warnings->count; i++)
        if (memcmp(warnings->told[i].fingerprint, fingerprint, CERT_FINGERPRINT_SIZE) == 0)
            return warnings->told[i].step;
    return -1;
}

bool renewal_failed(int64_t not_before, int64_t not_after, int64_t now) {
    return now >
           not_after - (not_after - not_before) / 6; /* half of what is left after it is due */
}

static int step_of(const struct cert *cert, const struct string_list *renewed, int64_t now) {
    const struct cert_info *info = cert_info(cert);
    if (string_list_has(renewed, cert_name(cert)) &&
        !renewal_failed(info->not_before, info->not_after, now))
        return -1;
    return expiry_step(info->not_after, now);
}

static void say_expiry(const struct cert *cert, int step, bool renewed, int64_t now) {
    const struct cert_info *info = cert_info(cert);
    const char *mend = renewed ? "it was not renewed: see what the log says of \"authority\""
                               : "put a new one into the store";
    char until[TIME_TEXT_SIZE];
    time_text(info->not_after, until);
    if (step == 0)
        log_error("store", "%s expired on %s: clients refuse it; %s", cert_name(cert), until, mend);
    else
        log_warning("store", "%s expires in %" PRId64 " days, on %s: %s", cert_name(cert),
                    (info->not_after - now + DAY_S - 1) / DAY_S, until, mend);
}

static void look_at_expiry(struct cert_warnings *warnings, const struct cert_set *set,
                           const struct string_list *renewed, int64_t now) {
    size_t near = 0;
    for (size_t i = 0; i < cert_set_count(set); i++)
        if (step_of(cert_set_at(set, i), renewed, now) >= 0)
            near++;
    struct told *told = near ? calloc(near, sizeof *told) : NULL;
    if (near && !told)
        return; /* out of memory: the next look says it */
    size_t used = 0;
    for (size_t i = 0; used < near && i < cert_set_count(set); i++) {
        const struct cert *cert = cert_set_at(set, i);
        const struct cert_info *info = cert_info(cert);
        int step = step_of(cert, renewed, now);
        if (step < 0)
            continue;
        if (step_told(warnings, info->fingerprint) != step)
            say_expiry(cert, step, string_list_has(renewed, cert_name(cert)), now);
        memcpy(told[used].fingerprint, info->fingerprint, CERT_FINGERPRINT_SIZE);
        told[used++].step = step;
    }
    free(warnings->told);
    warnings->told = told;
    warnings->count = used;
}

/* "a, b, c"; NULL when out of memory. */
static char *join(const struct string_list *names) {
    struct buffer text = {0};
    for (size_t i = 0; i < names->count; i++)
        buffer_printf(&text, "%s%s", i ? ", " : "", names->items[i]);
    return buffer_take(&text);
}

static void look_at_names(struct cert_warnings *warnings, const struct cert_set *set,
                          const struct first_certificate *first) {
    const struct cert *generated = cert_set_entry(set, CERT_GENERATED_NAME);
    struct string_list missing = {0};
    char *text = NULL;
    /* While an operator's certificate serves, or the classic one that names nothing, it is of no
     * consequence. */
    bool matters = generated && cert_set_count(set) == 1 && first->shape == CERT_SHAPE_MODERN;
    if (matters && (!first_certificate_missing(first, cert_info(generated), &missing, NULL) ||
                    (missing.count > 0 && !(text = join(&missing)))))
        goto done;
    if (text && (!warnings->missing || strcmp(text, warnings->missing) != 0))
        log_warning("store",
                    CERT_GENERATED_NAME " does not name this host's %s: clients that use it will "
                                        "warn; renew it with: mailstorectl renew",
                    text);
    free(warnings->missing);
    warnings->missing = text;
    text = NULL;
done:
    free(text);
    string_list_finish(&missing);
}

void cert_warnings_look(struct cert_warnings *warnings, const struct cert_set *set,
                        const struct first_certificate *first, const struct string_list *renewed,
                        int64_t now) {
    look_at_expiry(warnings, set, renewed, now);
    look_at_names(warnings, set, first);
}
