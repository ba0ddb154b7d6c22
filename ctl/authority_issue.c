/* The verb `authority issue`: a certificate of the local authority, put into the store. */
#include "ctl/authority_kept.h"
#include "ctl/entry_put.h"
#include "ctl/progress.h"
#include "ctl/wait.h"
#include "ctl/wish.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAY = 86400,
    LIFE_DAYS = WISH_APPLE_DAYS - 1,
    COMMON_NAME_LIMIT = 64, /* octets, RFC 5280: ub-common-name */
};

/* The first of its names that a common name has room for, or the first address where there are no
 * names; NULL: none. */
static const char *common_name_of(const struct wish *wish) {
    for (size_t i = 0; i < wish->dns_names.count; i++)
        if (strlen(wish->dns_names.items[i]) <= COMMON_NAME_LIMIT)
            return wish->dns_names.items[i];
    return wish->dns_names.count == 0 ? wish->addresses.items[0] : NULL;
}

static enum ctl_exit read_wish(const struct ctl *ctl, struct wish *wish) {
    struct error err = {0};
    if (ctl->argument_count == 0 && !ctl_has(ctl, "--name") && !ctl_has(ctl, "--address"))
        return ctl_misuse("for whom? give a name, or an address as --address IP");
    if (!wish_read(ctl, ctl->now + (int64_t)LIFE_DAYS * DAY, wish, &err))
        return err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
    if (wish->not_after - wish->not_before > (int64_t)LIFE_DAYS * DAY)
        return ctl_misuse(
            "a certificate of an authority may be valid for %d days at most, since "
            "Apple's clients refuse a longer one: give --days %d or less (\"authority "
            "renew\" makes it anew, and clients need nothing for that)",
            LIFE_DAYS, LIFE_DAYS);
    if (!common_name_of(wish))
        return ctl_misuse("\"%s\" has %zu octets, and the common name of a certificate can have "
                          "%d: give a shorter name beside it",
                          wish->dns_names.items[0], strlen(wish->dns_names.items[0]),
                          COMMON_NAME_LIMIT);
    return CTL_FINE;
}

static bool make(const struct cert_material *authority, const struct wish *wish,
                 struct cert_material *out, struct error *err) {
    char words[WISH_KEY_WORDS_SIZE];
    const struct server_wish server = {
        .common_name = common_name_of(wish),
        .dns_names = &wish->dns_names,
        .addresses = &wish->addresses,
        .key = wish->key,
        .not_before = wish->not_before,
        .not_after = wish->not_after,
    };
    struct progress *progress = progress_begin(wish_key_words(wish->key, words));
    bool ok = authority_issue(authority, &server, out, err);
    progress_end(progress);
    return ok;
}

/* It ends with its authority at the latest. */
static bool warn_of_end(const struct cert_material *made, const struct wish *wish,
                        struct string_list *warnings) {
    struct cert_info info = {0};
    if (!cert_info_read(&made->chain[0], &info, NULL))
        return true;
    bool is_cut = info.not_after < wish->not_after;
    cert_info_finish(&info);
    return !is_cut || string_list_add(warnings, "it ends with the local authority, earlier than "
                                                "asked for: \"authority renew\" prolongs that");
}

static enum ctl_exit issue(struct ctl *ctl, const struct place *place, const char *entry,
                           const struct wish *wish, const struct entry_meta *meta) {
    struct cert_material authority = {0}, made = {0};
    struct string_list warnings = {0};
    struct blob passphrase = {0};
    struct error err = {0};
    enum ctl_exit status = entry_put_check(ctl, place, entry);
    if (status != CTL_FINE)
        return status;
    if (!authority_kept_open(ctl, place, &authority, &passphrase, &err) ||
        !make(&authority, wish, &made, &err))
        status = ctl_fail(&err);
    else if (!warn_of_end(&made, wish, &warnings))
        status = ctl_no_memory();
    else
        status =
            entry_put(ctl, place,
                      &(struct entry_put){
                          .entry = entry, .material = &made, .meta = meta, .warnings = &warnings},
                      NULL);
    blob_wipe(&passphrase);
    string_list_finish(&warnings);
    cert_material_finish(&authority);
    cert_material_finish(&made);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct place place = {0};
    struct wish wish = {0};
    struct entry_meta meta = {0};
    char *entry = NULL;
    enum ctl_exit status = read_wish(ctl, &wish);
    if (status == CTL_FINE)
        status = entry_put_meta(ctl, "authority", &meta);
    if (status == CTL_FINE)
        entry = entry_put_name(
            ctl, ctl->argument_count > 0 ? ctl->arguments[0] : common_name_of(&wish), &status);
    if (status == CTL_FINE)
        status = place_find(ctl, &place);
    if (status == CTL_FINE)
        status = issue(ctl, &place, entry, &wish, &meta);
    free(entry);
    place_finish(&place);
    entry_meta_finish(&meta);
    wish_finish(&wish);
    return status;
}

static const struct ctl_option options[] = {
    WISH_OPTIONS,
    FRIENDLY_NAME_OPTION,
    EXPORTABLE_OPTION,
    ENTRY_PUT_OPTIONS,
    AUTHORITY_KEY_OPTIONS,
    WAIT_OPTION,
    {0},
};

const struct ctl_verb verb_authority_issue = {
    .name = "authority issue",
    .arguments = "[NAME…]",
    .summary = "issue a certificate for these names and put it into the store",
    .help = "One certificate for all the names, with a new key; the first is its common name and\n"
            "that of its entry. It may be for addresses alone. Clients that trust the authority\n"
            "accept it at once. It is valid for 824 days, the most that every client accepts, or\n"
            "as the options say.\n",
    .most_arguments = 1000,
    .run = run,
    .options = options,
};
