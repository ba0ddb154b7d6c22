/* The verb `authority create`: makes the local authority. */
#include "certs/names.h"
#include "ctl/answer.h"
#include "ctl/authority_kept.h"
#include "ctl/command_line.h"
#include "ctl/entry_put.h"
#include "ctl/progress.h"
#include "ctl/text.h"
#include "ctl/wait.h"
#include "ctl/wish.h"
#include "platform/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIFE_YEARS = 20, COMMON_NAME_LIMIT = 64 /* octets, RFC 5280: ub-common-name */ };

/* What the command line asks for. */
struct order {
    char *common_name;
    struct string_list domains, networks;
    struct wish life; /* and the key */
};

static void order_finish(struct order *order) {
    free(order->common_name);
    string_list_finish(&order->domains);
    string_list_finish(&order->networks);
    wish_finish(&order->life);
}

/* ---- what it may name ---- */

static bool add_domain(const char *text, struct string_list *domains, struct error *err) {
    char name[NAME_SIZE];
    if (!name_from_person(text[0] == '.' ? text + 1 : text, name, err)) {
        error_prefix(err, "--domain");
        return false;
    }
    if (name[0] == '*') {
        error_set(err, ERROR_INPUT,
                  "--domain %s: a domain permits everything below it already: write --domain %s",
                  text, name + 2);
        return false;
    }
    return string_list_add_unique(domains, name) || error_no_memory(err);
}

/* "192.0.2.7", "192.0.2.0/24": no bit may stand behind the prefix. */
static bool is_network(const unsigned char *octets, size_t size, unsigned long prefix) {
    for (size_t bit = prefix; bit < size * 8; bit++)
        if (octets[bit / 8] & (0x80 >> (bit % 8)))
            return false;
    return prefix <= size * 8;
}

static bool add_network(const char *text, struct string_list *networks, struct error *err) {
    unsigned char octets[ADDRESS_OCTETS];
    char address[NAME_SIZE], network[NAME_SIZE + 8], *end = NULL;
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text), size = 0;
    snprintf(network, sizeof network, "%.*s", (int)(length < NAME_SIZE ? length : 0), text);
    if (address_normalise(network, address))
        size = address_octets(address, octets);
    unsigned long prefix = size * 8;
    if (slash)
        prefix = strtoul(slash + 1, &end, 10);
    if (size == 0 || (slash && (slash[1] < '0' || slash[1] > '9' || *end))) {
        error_set(err, ERROR_INPUT,
                  "--address %s: it is no address and no network: write 192.0.2.7, 192.0.2.0/24 or "
                  "2001:db8::/32",
                  text);
        return false;
    }
    if (!is_network(octets, size, prefix)) {
        error_set(err, ERROR_INPUT,
                  "--address %s: the prefix must be 0 to %zu, and the address must have no bits "
                  "behind it",
                  text, size * 8);
        return false;
    }
    if (slash)
        snprintf(network, sizeof network, "%s/%lu", address, prefix);
    return string_list_add_unique(networks, slash ? network : address) || error_no_memory(err);
}

/* This host alone, by all its names and addresses: what a wider authority could do to its clients
 * somebody should have asked for. */
static bool add_own(struct order *order, struct error *err) {
    struct string_list names = {0}, addresses = {0};
    char normal[NAME_SIZE];
    bool ok = host_names(&names, err) && host_addresses(&addresses, err);
    for (size_t i = 0; ok && i < names.count; i++)
        if (name_normalise(names.items[i], false, normal))
            ok = string_list_add_unique(&order->domains, normal) || error_no_memory(err);
    ok = ok && (string_list_add_unique(&order->domains, "localhost") || error_no_memory(err));
    for (size_t i = 0; ok && i < addresses.count; i++)
        if (address_normalise(addresses.items[i], normal))
            ok = string_list_add_unique(&order->networks, normal) || error_no_memory(err);
    string_list_finish(&names);
    string_list_finish(&addresses);
    return ok;
}

static bool read_constraints(const struct ctl *ctl, struct order *order, struct error *err) {
    const char *text = NULL;
    if (ctl_has(ctl, "--unconstrained")) {
        if (!ctl_has(ctl, "--domain") && !ctl_has(ctl, "--address"))
            return true;
        error_set(err, ERROR_INPUT,
                  "--unconstrained permits every name: leave it out, or --domain and --address");
        return false;
    }
    for (size_t i = 0; (text = ctl_value_at(ctl, "--domain", i)); i++)
        if (!add_domain(text, &order->domains, err))
            return false;
    for (size_t i = 0; (text = ctl_value_at(ctl, "--address", i)); i++)
        if (!add_network(text, &order->networks, err))
            return false;
    if (order->domains.count == 0 && order->networks.count == 0)
        return add_own(order, err);
    return true;
}

/* ---- its name ---- */

/* "mail.example.org local authority", by the longest of the host's names that leaves room. */
static char *usual_common_name(void) {
    struct string_list names = {0};
    struct buffer text = {0};
    const char *best = "";
    if (host_names(&names, NULL))
        for (size_t i = 0; i < names.count; i++) {
            size_t length = strlen(names.items[i]);
            if (length > strlen(best) && length <= COMMON_NAME_LIMIT - strlen(" local authority"))
                best = names.items[i];
        }
    buffer_printf(&text, "%s local authority", *best ? best : "mailstored");
    string_list_finish(&names);
    return buffer_take(&text);
}

static bool read_common_name(const struct ctl *ctl, struct order *order, struct error *err) {
    const char *given = ctl_value(ctl, "--common-name");
    if (given && strlen(given) > COMMON_NAME_LIMIT) {
        error_set(err, ERROR_INPUT,
                  "--common-name: it has %zu octets, and a certificate takes %d: give a shorter "
                  "one",
                  strlen(given), COMMON_NAME_LIMIT);
        return false;
    }
    if (given && !entry_put_is_showable(given)) {
        error_set(err, ERROR_INPUT,
                  "--common-name: give UTF-8 text without control characters, which people will "
                  "see in lists");
        return false;
    }
    order->common_name = given ? strdup(given) : usual_common_name();
    return order->common_name || error_no_memory(err);
}

static bool check_passphrase(const struct ctl *ctl, struct error *err) {
    if (!ctl_has(ctl, "--passphrase") ||
        (!ctl_has(ctl, "--passphrase-file") && !ctl_has(ctl, "--passphrase-fd")))
        return true;
    error_set(err, ERROR_INPUT,
              "--passphrase asks on the terminal, and another option says where to read the "
              "passphrase: leave one out");
    return false;
}

static bool read_order(const struct ctl *ctl, struct order *order, struct error *err) {
    return check_passphrase(ctl, err) &&
           wish_read_life(ctl, years_after(ctl->now, LIFE_YEARS), &order->life, err) &&
           wish_read_key(ctl, &order->life.key, err) && read_common_name(ctl, order, err) &&
           read_constraints(ctl, order, err);
}

/* ---- its passphrase ---- */

static bool get_passphrase(const struct ctl *ctl, struct blob *out, struct error *err) {
    struct error why = {0};
    if (!ctl_has(ctl, "--passphrase") && !ctl_has(ctl, "--passphrase-file") &&
        !ctl_has(ctl, "--passphrase-fd"))
        return true;
    if (!secret_get(ctl, "passphrase", "Passphrase for the local authority: ", true, out, &why)) {
        *err = why;
        return false;
    }
    if (out->size > 0)
        return true;
    blob_wipe(out);
    error_set(err, ERROR_INPUT, "the passphrase is empty: give one, or leave the option out");
    return false;
}

/* ---- making it ---- */

static bool make(const struct order *order, bool unconstrained, struct cert_material *out,
                 struct error *err) {
    char words[WISH_KEY_WORDS_SIZE];
    const struct authority_wish wish = {
        .common_name = order->common_name,
        .key = order->life.key,
        .not_before = order->life.not_before,
        .not_after = order->life.not_after,
        .domains = &order->domains,
        .networks = &order->networks,
        .unconstrained = unconstrained,
    };
    struct progress *progress = progress_begin(wish_key_words(order->life.key, words));
    bool ok = authority_make(&wish, out, err);
    progress_end(progress);
    return ok;
}

static json_t *warnings_of(const struct ctl *ctl, bool replaced) {
    json_t *warnings = json_array();
    if (ctl_has(ctl, "--unconstrained"))
        json_array_append_new(
            warnings,
            json_string("it may name anything: whoever gets its key can stand in for every site "
                        "towards the clients that trust it"));
    if (replaced)
        json_array_append_new(
            warnings, json_string("the authority before it is gone: clients must be given this "
                                  "one, and what the other issued must be issued anew"));
    return warnings;
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    buffer_append_text(out, "made the local authority\n");
    authority_kept_print(answer, now, out);
    text_append_warnings(out, answer);
}

static void print_next(const struct ctl *ctl, struct buffer *out) {
    buffer_append_text(out,
                       "\nClients must be made to trust it; this writes the file for that:\n  ");
    command_line_append(ctl, "authority show --pem", NULL, out);
    buffer_append_text(out, " > authority.pem\nThen they take what it issues:\n  ");
    command_line_append(ctl, "authority issue", NULL, out);
    buffer_append_text(out, " NAME\n");
}

static enum ctl_exit tell(struct ctl *ctl, const struct place *place,
                          const struct cert_material *made, bool is_encrypted, bool replaced) {
    struct error err = {0};
    json_t *answer = authority_kept_report(place, &made->chain[0], is_encrypted, &err);
    if (!answer)
        return ctl_fail(&err);
    json_object_set_new(answer, "replaced", json_boolean(replaced));
    json_object_set_new(answer, "warnings", warnings_of(ctl, replaced));
    enum ctl_exit status = ctl_answer(ctl, answer, print, CTL_FINE);
    if (status == CTL_FINE && !ctl_has(ctl, "--json"))
        print_next(ctl, &ctl->out);
    return status;
}

static enum ctl_exit refuse_second(const struct ctl *ctl) {
    struct error err = {0};
    struct buffer show = {0}, renew = {0};
    error_set(&err, ERROR_EXISTS,
              "there is a local authority already, which clients may trust (\"%s\"): \"%s\" "
              "prolongs it, --force makes another in its place",
              command_line_text(ctl, "authority show", NULL, &show),
              command_line_text(ctl, "authority renew", NULL, &renew));
    buffer_finish(&show);
    buffer_finish(&renew);
    return ctl_fail(&err);
}

static enum ctl_exit create(struct ctl *ctl, const struct place *place, const struct order *order) {
    struct cert_material made = {0};
    struct blob passphrase = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FAILED;
    bool replaced = authority_kept_exists(place);
    if (replaced && !ctl_has(ctl, "--force"))
        return refuse_second(ctl);
    if (get_passphrase(ctl, &passphrase, &err) &&
        make(order, ctl_has(ctl, "--unconstrained"), &made, &err) &&
        authority_kept_write(place, &made, &passphrase, &err)) {
        wait_tell(place);
        status = tell(ctl, place, &made, passphrase.size > 0, replaced);
    } else {
        status = ctl_fail_given(&err);
    }
    cert_material_finish(&made);
    blob_wipe(&passphrase);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct place place = {0};
    struct order order = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FAILED;
    if (!read_order(ctl, &order, &err))
        status = err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
    else if ((status = place_find(ctl, &place)) == CTL_FINE)
        status = create(ctl, &place, &order);
    order_finish(&order);
    place_finish(&place);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--common-name", .value = "TEXT", .help = "its name, \"HOST local authority\""},
    {.name = "--domain",
     .value = "DOMAIN",
     .help = "it may name this domain and what is below it",
     .many = true},
    {.name = "--address",
     .value = "IP",
     .help = "it may name this address, or network (192.0.2.0/24)",
     .many = true},
    {.name = "--unconstrained", .help = "it may name anything"},
    WISH_LIFE_OPTIONS,
    {.name = "--passphrase", .help = "encrypt its key; ask for the passphrase on the terminal"},
    AUTHORITY_KEY_OPTIONS,
    {.name = "--force", .help = "take the place of the authority that is there"},
    {0},
};

const struct ctl_verb verb_authority_create = {
    .name = "authority create",
    .summary = "make a local authority, which issues certificates here",
    .help =
        "Clients are made to trust it once; what it issues they then accept, also what it\n"
        "issues later. It can name only what it is permitted: the given domains and addresses,\n"
        "or without any this host's names and addresses. Its key stays in the state folder,\n"
        "encrypted if a passphrase is given.\n",
    .run = run,
    .options = options,
};
