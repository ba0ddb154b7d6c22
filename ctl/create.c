/* The verb `create`: a self-signed certificate, made and put into the store. */
#include "certs/cert_plan.h"
#include "certs/x500_name.h"
#include "ctl/entry_put.h"
#include "ctl/progress.h"
#include "ctl/wait.h"
#include "ctl/wish.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_YEARS = 20, COMMON_NAME_LIMIT = 64 }; /* the original's; RFC 5280, ub-common-name */

/* By what the certificate will be made with. */
static bool is_common_name(const char *text, struct error *err) {
    struct x500_name name = {0};
    struct blob der = {0};
    bool ok = x500_name_add(&name, X500_COMMON_NAME, text);
    if (ok)
        ok = x500_name_encode(&name, &der, err);
    else
        error_no_memory(err);
    blob_finish(&der);
    x500_name_finish(&name);
    return ok;
}

static enum ctl_exit refuse_common_name(const char *name) {
    return ctl_misuse("\"%s\" has %zu octets, and the common name of a certificate can have %d: "
                      "give a shorter name here, and this one as --name",
                      name, strlen(name), COMMON_NAME_LIMIT);
}

/* The original's has nothing that could be chosen. */
static enum ctl_exit check_classic(const struct ctl *ctl) {
    static const struct {
        const char *option, *reason;
    } others[] = {
        {"--name", "it has no alternative names, its common name alone"},
        {"--address", "it has no alternative names, its common name alone"},
        {"--days", "it is valid for 20 years"},
        {"--years", "it is valid for 20 years"},
        {"--key", "its key is RSA of 2048 bits"},
        {"--friendly-name", "it has none"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ctl_has(ctl, others[i].option))
            return ctl_misuse("--classic makes exactly what the original makes, and %s: leave out "
                              "%s or --classic",
                              others[i].reason, others[i].option);
    struct error err = {0};
    if (is_common_name(ctl->arguments[0], &err))
        return CTL_FINE;
    return err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
}

static bool warn(const struct ctl *ctl, const struct cert_plan *plan,
                 struct string_list *warnings) {
    if (ctl_has(ctl, "--classic") &&
        !string_list_add(warnings,
                         "it has no alternative names: Chromium, Firefox and programs in Go refuse "
                         "it for its name, trusted or not; without --classic it has them"))
        return false;
    return wish_warn_of_life(plan->not_before, plan->not_after, warnings);
}

static bool make(const struct cert_plan *plan, struct cert_material *out, struct error *err) {
    char words[WISH_KEY_WORDS_SIZE];
    struct blob key = {0};
    struct progress *progress = progress_begin(wish_key_words(plan->key, words));
    bool ok = cert_plan_make_key(plan->key, &key, err);
    progress_end(progress);
    ok = ok && cert_plan_self_sign(plan, &key, out, err);
    blob_wipe(&key);
    return ok;
}

static enum ctl_exit make_and_put(struct ctl *ctl, const struct place *place, const char *entry,
                                  const struct cert_plan *plan, const struct entry_meta *meta) {
    struct cert_material material = {0};
    struct string_list warnings = {0};
    struct error err = {0};
    enum ctl_exit status = entry_put_check(ctl, place, entry);
    if (status != CTL_FINE)
        return status;
    if (!make(plan, &material, &err))
        return ctl_fail_given(&err);
    if (warn(ctl, plan, &warnings))
        status = entry_put(
            ctl, place,
            &(struct entry_put){
                .entry = entry, .material = &material, .meta = meta, .warnings = &warnings},
            NULL);
    else
        status = ctl_no_memory();
    string_list_finish(&warnings);
    cert_material_finish(&material);
    return status;
}

/* Gives `plan`. */
static enum ctl_exit plan_for(const struct ctl *ctl, struct cert_plan *plan) {
    struct wish wish = {0};
    struct error err = {0};
    int64_t usual_end = years_after(ctl->now, USUAL_YEARS);
    bool is_classic = ctl_has(ctl, "--classic");
    struct server_wish server = {.key = {CERT_FAMILY_RSA, 2048}};
    if (is_classic) {
        enum ctl_exit status = check_classic(ctl);
        if (status != CTL_FINE)
            return status;
        server.common_name = ctl->arguments[0];
        server.not_before = ctl->now;
        server.not_after = usual_end;
    } else {
        if (!wish_read(ctl, usual_end, &wish, &err))
            return ctl_misuse("%s", err.text);
        server = (struct server_wish){.common_name = wish.dns_names.items[0],
                                      .dns_names = &wish.dns_names,
                                      .addresses = &wish.addresses,
                                      .key = wish.key,
                                      .not_before = wish.not_before,
                                      .not_after = wish.not_after};
    }
    enum ctl_exit status = CTL_FINE;
    if (!is_classic && strlen(server.common_name) > COMMON_NAME_LIMIT)
        status = refuse_common_name(server.common_name);
    else if (!(is_classic ? cert_plan_for_classic(&server, plan, &err)
                          : cert_plan_for_server(&server, plan, &err)))
        status = err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
    wish_finish(&wish);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct place place = {0};
    struct cert_plan plan = {0};
    struct entry_meta meta = {0};
    char *entry = NULL;
    enum ctl_exit status = plan_for(ctl, &plan);
    if (status == CTL_FINE)
        status = entry_put_meta(ctl, "create", &meta);
    if (status == CTL_FINE)
        entry = entry_put_name(ctl, ctl->arguments[0], &status);
    if (status == CTL_FINE)
        status = place_find(ctl, &place);
    if (status == CTL_FINE)
        status = make_and_put(ctl, &place, entry, &plan, &meta);
    free(entry);
    place_finish(&place);
    entry_meta_finish(&meta);
    cert_plan_finish(&plan);
    return status;
}

static const struct ctl_option options[] = {
    WISH_OPTIONS,
    FRIENDLY_NAME_OPTION,
    {.name = "--classic",
     .help = "exactly what the original makes: no alternative names, RSA 2048, 20 years"},
    EXPORTABLE_OPTION,
    ENTRY_PUT_OPTIONS,
    WAIT_OPTION,
    {0},
};

const struct ctl_verb verb_create = {
    .name = "create",
    .arguments = "NAME",
    .summary = "make a self-signed certificate and put it into the store",
    .help = "NAME is the host's name as clients use it, such as mail.example.org; it becomes the\n"
            "common name and the first of the alternative names. A name with other letters than\n"
            "a to z is written as IDNA 2008 has it. Without --days or --years it is valid for 20\n"
            "years. The daemon takes it up at once; clients must be made to trust it, for which\n"
            "\"export\" writes the file.\n",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
    .options = options,
};
