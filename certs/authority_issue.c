#include "base/time_text.h"
#include "certs/authority.h"
#include "certs/name_constraints.h"
#include "certs/parsed.h"

#include <string.h>

/* What an authority permits. */
struct permitted {
    bool is_constrained;
    struct string_list domains, networks;
};

static void permitted_finish(struct permitted *permitted) {
    string_list_finish(&permitted->domains);
    string_list_finish(&permitted->networks);
}

/* Constraints of other kinds (e-mail addresses, directory names) are not about servers. */
static bool take_subtree(struct permitted *permitted, unsigned type, const gnutls_datum_t *name) {
    char text[NAME_SIZE];
    if (type == GNUTLS_SAN_DNSNAME && name->size < sizeof text) {
        memcpy(text, name->data, name->size);
        text[name->size] = '\0';
        return string_list_add(&permitted->domains, text);
    }
    if (type == GNUTLS_SAN_IPADDRESS && network_text(name->data, name->size, text))
        return string_list_add(&permitted->networks, text);
    return true;
}

static bool read_permitted(const struct blob *certificate, struct permitted *out,
                           struct error *err) {
    struct permitted permitted = {0};
    gnutls_x509_crt_t parsed = NULL;
    gnutls_x509_name_constraints_t constraints = NULL;
    bool ok = false;
    unsigned critical = 0;
    if (!certificate_parse(certificate, &parsed, err))
        return false;
    int code = gnutls_x509_name_constraints_init(&constraints);
    if (code == 0)
        code = gnutls_x509_crt_get_name_constraints(parsed, constraints, 0, &critical);
    permitted.is_constrained = code == 0;
    if (code < 0 && code != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
        error_set_gnutls(err, code, "the authority's constraints cannot be read");
        goto done;
    }
    for (unsigned i = 0; code == 0; i++) {
        unsigned type = 0;
        gnutls_datum_t name = {0};
        code = gnutls_x509_name_constraints_get_permitted(constraints, i, &type, &name);
        if (code == 0 && !take_subtree(&permitted, type, &name)) {
            error_set(err, ERROR_MEMORY, "out of memory");
            goto done;
        }
    }
    *out = permitted;
    permitted = (struct permitted){0};
    ok = true;
done:
    permitted_finish(&permitted);
    gnutls_x509_name_constraints_deinit(constraints);
    gnutls_x509_crt_deinit(parsed);
    return ok;
}

bool authority_constraints(const struct blob *certificate, struct string_list *domains,
                           struct string_list *networks) {
    struct permitted permitted = {0};
    if (!read_permitted(certificate, &permitted, NULL))
        return false;
    bool ok = permitted.is_constrained;
    if (ok) {
        *domains = permitted.domains;
        *networks = permitted.networks;
        permitted.domains = permitted.networks = (struct string_list){0};
    }
    permitted_finish(&permitted);
    return ok;
}

/* "example.org, 192.0.2.0/24" */
static void list_permitted(const struct permitted *permitted, struct buffer *out) {
    const struct string_list *const lists[] = {&permitted->domains, &permitted->networks};
    enum { ENOUGH = 300 };
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++) {
            if (out->size > ENOUGH) {
                buffer_append_text(out, ", …");
                return;
            }
            buffer_printf(out, "%s%s", out->size ? ", " : "", lists[l]->items[i]);
        }
}

static bool refuse(const struct permitted *permitted, const char *name, struct error *err) {
    struct buffer list = {0};
    list_permitted(permitted, &list);
    error_set(err, ERROR_INPUT,
              "the authority may not issue for \"%s\", only for %s: leave it out, or make an "
              "authority that may",
              name, list.data ? list.data : "nothing");
    buffer_finish(&list);
    return false;
}

static bool permits_name(const struct permitted *permitted, const char *name) {
    for (size_t i = 0; i < permitted->domains.count; i++)
        if (domain_has(permitted->domains.items[i], name))
            return true;
    return false;
}

static bool permits_address(const struct permitted *permitted, const char *address) {
    unsigned char octets[ADDRESS_OCTETS];
    size_t size = address_octets(address, octets);
    for (size_t i = 0; i < permitted->networks.count; i++) {
        struct network network;
        if (network_parse(permitted->networks.items[i], &network, NULL) &&
            network_has(&network, octets, size))
            return true;
    }
    return false;
}

bool authority_permits(const struct blob *certificate, const char *host) {
    unsigned char octets[ADDRESS_OCTETS];
    struct permitted permitted = {0};
    if (!read_permitted(certificate, &permitted, NULL))
        return false;
    bool is_address = address_octets(host, octets) > 0;
    bool ok = !permitted.is_constrained ||
              (is_address ? permits_address(&permitted, host) : permits_name(&permitted, host));
    permitted_finish(&permitted);
    return ok;
}

static size_t count_of(const struct string_list *list) {
    return list ? list->count : 0;
}

static bool check_names(const struct permitted *permitted, const struct server_wish *wish,
                        struct error *err) {
    if (count_of(wish->dns_names) + count_of(wish->addresses) == 0) {
        error_set(err, ERROR_INPUT,
                  "a certificate for a server needs a name or an address of it: give one");
        return false;
    }
    for (size_t i = 0; permitted->is_constrained && i < count_of(wish->dns_names); i++)
        if (!permits_name(permitted, wish->dns_names->items[i]))
            return refuse(permitted, wish->dns_names->items[i], err);
    for (size_t i = 0; permitted->is_constrained && i < count_of(wish->addresses); i++)
        if (!permits_address(permitted, wish->addresses->items[i]))
            return refuse(permitted, wish->addresses->items[i], err);
    return true;
}

/* Within the authority's life. */
static bool fit_life(const struct cert_info *authority, struct server_wish *wish,
                     struct error *err) {
    if (authority->not_after <= wish->not_before) {
        char end[TIME_TEXT_SIZE];
        error_set(err, ERROR_INPUT, "the authority %s ended on %s: renew it first",
                  authority->subject, time_text_date(authority->not_after, end));
        return false;
    }
    if (wish->not_after > authority->not_after)
        wish->not_after = authority->not_after;
    return true;
}

bool authority_issue(const struct cert_material *authority, const struct server_wish *wish,
                     struct cert_material *out, struct error *err) {
    bool ok = false;
    struct server_wish fitted = *wish;
    struct permitted permitted = {0};
    struct cert_info info = {0};
    struct cert_plan plan = {0};
    struct blob key = {0};
    if (!cert_info_read(&authority->chain[0], &info, err))
        return false;
    if (!read_permitted(&authority->chain[0], &permitted, err))
        goto done;
    /* Where a certificate has no DNS name, OpenSSL and GnuTLS hold the common name against the
     * constraints as if it were one. */
    if (permitted.is_constrained && count_of(wish->dns_names) == 0)
        fitted.common_name = NULL;
    ok = check_names(&permitted, wish, err) && fit_life(&info, &fitted, err) &&
         cert_plan_for_leaf(&fitted, &plan, err) && cert_plan_make_key(plan.key, &key, err) &&
         cert_plan_issue(&plan, &key, authority, out, err);
done:
    blob_wipe(&key);
    cert_plan_finish(&plan);
    permitted_finish(&permitted);
    cert_info_finish(&info);
    return ok;
}

int64_t authority_renewal_due(int64_t not_before, int64_t not_after) {
    return not_before + (not_after - not_before) / 3 * 2;
}
