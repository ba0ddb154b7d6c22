/* The verb `mark`: what an entry remembers beside its certificate. */
#include "base/utf8.h"
#include "certs/store_change.h"
#include "ctl/answer.h"
#include "ctl/entry_put.h"
#include "ctl/inventory.h"
#include "ctl/text.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

static enum ctl_exit check_options(const struct ctl *ctl) {
    const char *name = ctl_value(ctl, "--friendly-name");
    if (ctl_has(ctl, "--exportable") && ctl_has(ctl, "--not-exportable"))
        return ctl_misuse("--exportable and --not-exportable were both given: leave one out");
    if (name && ctl_has(ctl, "--no-friendly-name"))
        return ctl_misuse("--friendly-name and --no-friendly-name were both given: leave one out");
    if (!name && !ctl_has(ctl, "--no-friendly-name") && !ctl_has(ctl, "--exportable") &&
        !ctl_has(ctl, "--not-exportable"))
        return ctl_misuse("mark: nothing was said to be changed: give --exportable, "
                          "--not-exportable, --friendly-name or --no-friendly-name");
    if (name && !entry_put_is_showable(name))
        return ctl_misuse("--friendly-name: give UTF-8 text without control characters, of at most "
                          "256 octets");
    return CTL_FINE;
}

static bool apply(const struct ctl *ctl, struct entry_meta *meta, struct error *err) {
    const char *given = ctl_value(ctl, "--friendly-name");
    if (given || ctl_has(ctl, "--no-friendly-name")) {
        char *name = given ? strdup(given) : NULL;
        if (given && !name)
            return error_no_memory(err);
        free(meta->friendly_name);
        meta->friendly_name = name;
    }
    if (ctl_has(ctl, "--exportable"))
        meta->exportable = true;
    if (ctl_has(ctl, "--not-exportable"))
        meta->exportable = false;
    return true;
}

/* Is there such an entry, in whatever state? */
static bool is_known(const struct place *place, const char *name, int64_t now, struct error *err) {
    struct cert_store *store = NULL;
    if (!inventory_read(place, &store, err))
        return false;
    json_t *shown = report_show(store, name, (struct report_uses){0}, now, err);
    cert_store_destroy(store);
    json_decref(shown);
    return shown != NULL;
}

static bool change(const struct ctl *ctl, const struct place *place, struct entry_meta *meta,
                   struct error *err) {
    const char *name = ctl->arguments[0];
    struct store_change *change = NULL;
    if (!store_change_begin(place->store_folder, &change, err))
        return false;
    /* Read under the lock, so that what another change writes is not lost. */
    if (!entry_meta_load(place->store_folder, name, meta, err) || !apply(ctl, meta, err) ||
        !store_change_set_meta(change, name, meta, err)) {
        store_change_abandon(change);
        return false;
    }
    return store_change_commit(change, err);
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    const char *name = answer_text(answer, "entry"),
               *friendly = answer_text(answer, "friendly_name");
    (void)now;
    utf8_append_printable(out, name ? name : "?");
    buffer_append_text(out, "\n");
    text_field(out, "friendly name", friendly ? friendly : "");
    text_field(out, "exportable",
               answer_true(answer, "exportable") ? "yes: \"export --format p12\" writes its key"
                                                 : "no");
}

static enum ctl_exit mark(struct ctl *ctl, const struct place *place) {
    struct entry_meta meta = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FINE;
    if (!is_known(place, ctl->arguments[0], ctl->now, &err))
        return ctl_fail(&err);
    if (!change(ctl, place, &meta, &err))
        status = ctl_fail(&err);
    else
        status = ctl_answer(ctl,
                            json_pack("{s:o, s:o, s:b}", "entry", report_text(ctl->arguments[0]),
                                      "friendly_name", report_text(meta.friendly_name),
                                      "exportable", (int)meta.exportable),
                            print, CTL_FINE);
    entry_meta_finish(&meta);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct place place = {0};
    enum ctl_exit status = check_options(ctl);
    if (status == CTL_FINE)
        status = place_find(ctl, &place);
    if (status == CTL_FINE)
        status = mark(ctl, &place);
    place_finish(&place);
    return status;
}

static const struct ctl_option options[] = {
    EXPORTABLE_OPTION,
    {.name = "--not-exportable", .help = "its key may not leave the store"},
    FRIENDLY_NAME_OPTION,
    {.name = "--no-friendly-name", .help = "people call it nothing else"},
    {0},
};

const struct ctl_verb verb_mark = {
    .name = "mark",
    .arguments = "NAME",
    .summary = "say whether an entry's key may leave, and what people call it",
    .help = "Kept in NAME.meta beside the entry. A key leaves in a PKCS#12 alone, and only where\n"
            "this was said.\n",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
