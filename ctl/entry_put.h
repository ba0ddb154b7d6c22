/* Putting an entry into the store and telling of it: what the verbs have in common that make one or
 * take one in. */
#pragma once

#include "certs/cert.h"
#include "certs/entry_meta.h"
#include "ctl/place.h"

/* Options of these verbs, beside WAIT_OPTION. */
#define FORCE_OPTION \
    { .name = "--force", .help = "take the place of an entry of that name, if there is one" }
#define ENTRY_PUT_OPTIONS                                             \
    {.name = "--entry",                                               \
     .value = "ENTRY",                                                \
     .help = "the entry's name in the store, if it is to be another", \
     .completion = CTL_COMPLETE_ENTRY},                               \
        FORCE_OPTION
#define FRIENDLY_NAME_OPTION                                            \
    {                                                                   \
        .name = "--friendly-name", .value = "TEXT",                     \
        .help = "what people call it; stands in a PKCS#12 made from it" \
    }
#define EXPORTABLE_OPTION                                                      \
    {                                                                          \
        .name = "--exportable",                                                \
        .help = "its key may leave the store, in a PKCS#12 made by \"export\"" \
    }

/* The entry's name: --entry's, or one made from `text`. Newly allocated, or NULL: said on standard
 * error, with `status`. */
char *entry_put_name(const struct ctl *ctl, const char *text, enum ctl_exit *status);

/* Can the entry be put there: refuses an existing one without --force, before anything takes a
 * while. */
enum ctl_exit entry_put_check(const struct ctl *ctl, const struct place *place, const char *entry);

/* Text that people will see in dialogs: well-formed, without control characters, not too long? */
bool entry_put_is_showable(const char *text);

/* Fills `meta` from --friendly-name and --exportable, as far as the verb has them and they were
 * given, and with what made it and when. */
enum ctl_exit entry_put_meta(const struct ctl *ctl, const char *made_by, struct entry_meta *meta);

/* Adds what clients mind about a certificate that others made. False: memory. */
bool entry_put_warn(const struct cert_info *info, int64_t now, struct string_list *warnings);

/* Borrowed. */
struct entry_put {
    const char *entry;
    const struct cert_material *material;
    const struct entry_meta *meta;
    const struct string_list *warnings;
    /* Writes a copy of the certificate to --output once the store has it, and says on standard
     * error what went wrong; NULL: none is wanted. */
    enum ctl_exit (*write_copy)(const struct ctl *ctl, const struct blob *der);
};
/* Puts it into the store, waits for the daemon where --wait asks for it, and prints what became of
 * it. `more`: further members of the answer (taken), or NULL. */
enum ctl_exit entry_put(struct ctl *ctl, const struct place *place, const struct entry_put *put,
                        json_t *more);

/* The same; `is_put` tells whether the store has it, whatever became of the waiting. */
enum ctl_exit entry_put_then(struct ctl *ctl, const struct place *place,
                             const struct entry_put *put, json_t *more, bool *is_put);
