#include "certs/request_name.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <string.h>

/* Kinds of otherName that have words of their own in Windows. */
static const char upn_oid[] = "1.3.6.1.4.1.311.20.2.3", guid_oid[] = "1.3.6.1.4.1.311.25.1";

/* False: it is not among the names now for the first time. */
static bool add_name(struct request_draft *draft, const struct request_name *item,
                     enum cert_alt_kind kind, const char *text, const struct blob *der) {
    static const struct blob none = {0};
    char shown[INF_SHOWN_SIZE];
    const struct blob *value = der ? der : &none;
    for (size_t i = 0; i < draft->names.count; i++) {
        const struct cert_alt_name *name = &draft->names.items[i];
        if (name->kind == kind && strcmp(name->text ? name->text : "", text ? text : "") == 0 &&
            blob_equal(&name->der, value)) {
            inf_note(draft->remarks, item->place, "%s stands there already, and is written once",
                     inf_shown(item->value, shown));
            return false;
        }
    }
    if (draft->names.count == REQUEST_NAME_LIMIT) {
        if (!draft->told_names)
            inf_mistake(draft->remarks, item->place, "there are more than %d names: remove some",
                        REQUEST_NAME_LIMIT);
        draft->told_names = true;
        return false;
    }
    bool added = cert_alt_names_add(&draft->names, kind, text, der);
    if (!added)
        request_draft_fail(draft);
    return added;
}

static void wrong_value(struct request_draft *draft, const struct request_name *item,
                        const char *what) {
    char shown[INF_SHOWN_SIZE];
    inf_mistake(draft->remarks, item->value_place, "\"%s\" is %s", inf_shown(item->value, shown),
                what);
}

/* Characters that a certificate's IA5String has and that show: no blanks, nothing beyond ASCII. */
static bool is_graphic(const char *text) {
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

bool request_names_host(struct request_draft *draft, const char *text, char out[static NAME_SIZE]) {
    struct error err = {0};
    bool ok = name_from_person(text, out, &err);
    if (err.kind == ERROR_MEMORY)
        request_draft_fail(draft);
    return ok;
}

static void read_dns(struct request_draft *draft, const struct request_name *item) {
    char name[NAME_SIZE];
    struct error err = {0};
    if (address_normalise(item->value, name)) {
        inf_warning(draft->remarks, item->value_place,
                    "%s is an address, and no client of today looks for one among DNS names; it is "
                    "kept, and what clients look for is written IPAddress=%s",
                    name, name);
        add_name(draft, item, CERT_ALT_DNS, name, NULL);
        return;
    }
    if (name_from_person(item->value, name, &err)) {
        if (add_name(draft, item, CERT_ALT_DNS, name, NULL) &&
            !string_list_add(&draft->request.dns_names, name))
            request_draft_fail(draft);
    } else if (err.kind == ERROR_MEMORY) {
        request_draft_fail(draft);
    } else if (is_graphic(item->value) && strlen(item->value) < NAME_SIZE) {
        inf_warning(draft->remarks, item->value_place, "%s; it is kept, and no client will take it",
                    err.text);
        add_name(draft, item, CERT_ALT_DNS, item->value, NULL);
    } else {
        inf_mistake(draft->remarks, item->value_place, "%s", err.text);
    }
}

static void read_address(struct request_draft *draft, const struct request_name *item) {
    char text[NAME_SIZE];
    if (address_normalise(item->value, text)) {
        if (add_name(draft, item, CERT_ALT_ADDRESS, text, NULL) &&
            !string_list_add(&draft->addresses, text))
            request_draft_fail(draft);
    } else if (strchr(item->value, '/')) {
        wrong_value(draft, item, "a network, and a certificate names single addresses: write one");
    } else if (request_names_host(draft, item->value, text)) {
        wrong_value(draft, item, "a name and no address: write DNS= before it");
    } else {
        wrong_value(draft, item, "no address: write one as in 192.0.2.1 or 2001:db8::1");
    }
}

static void read_email(struct request_draft *draft, const struct request_name *item) {
    static const char wrong[] = "no e-mail address: write one as in admin@example.org";
    const char *at = strrchr(item->value, '@');
    char domain[NAME_SIZE];
    struct buffer text = {0};
    if (!at || at == item->value || !request_names_host(draft, at + 1, domain) ||
        domain[0] == '*') {
        wrong_value(draft, item, wrong);
        return;
    }
    buffer_append(&text, item->value, (size_t)(at - item->value));
    buffer_printf(&text, "@%s", domain);
    if (text.failed)
        request_draft_fail(draft);
    else if (!is_graphic(text.data) || strchr(text.data, '@') != strrchr(text.data, '@'))
        wrong_value(draft, item, wrong);
    else
        add_name(draft, item, CERT_ALT_EMAIL, text.data, NULL);
    buffer_finish(&text);
}

static void read_url(struct request_draft *draft, const struct request_name *item) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "0123456789+-.";
    const char *at = item->value;
    if (*at && strchr(letters, *at))
        while (*at && (strchr(letters, *at) || strchr(others, *at)))
            at++;
    if (at == item->value || *at != ':' || !at[1] || !is_graphic(item->value) ||
        strpbrk(item->value, "<>\"\\^`{|}"))
        wrong_value(draft, item,
                    "no URL: write one as in https://mail.example.org/, with %XX for "
                    "what ASCII does not have");
    else
        add_name(draft, item, CERT_ALT_URL, item->value, NULL);
}

static void read_directory(struct request_draft *draft, const struct request_name *item) {
    struct x500_name name = {0};
    struct blob der = {0};
    struct error err = {0};
    size_t offset = 0;
    if (!x500_name_parse(item->value, &name, &offset, &err) ||
        !x500_name_encode(&name, &der, &err)) {
        if (err.kind == ERROR_MEMORY)
            request_draft_fail(draft);
        else
            inf_mistake(draft->remarks, item->value_place, "%s", err.text);
    } else {
        add_name(draft, item, CERT_ALT_DIRECTORY, NULL, &der);
    }
    x500_name_finish(&name);
    blob_finish(&der);
}

/* An otherName; takes `der`. */
static void add_other(struct request_draft *draft, const struct request_name *item, const char *oid,
                      struct buffer *der) {
    struct blob value = {0};
    struct error err = {0};
    if (der_give(der, &value, &err))
        add_name(draft, item, CERT_ALT_OTHER, oid, &value);
    else
        request_draft_fail(draft);
    blob_finish(&value);
}

static void read_upn(struct request_draft *draft, const struct request_name *item) {
    struct buffer der = {0};
    if (!strchr(item->value, '@')) {
        wrong_value(draft, item, "no user principal name: write one as in user@example.org");
        return;
    }
    der_put_text(&der, DER_UTF8_STRING, item->value);
    add_other(draft, item, upn_oid, &der);
}

/* "f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39", in braces at will. The first three parts stand in
 * Windows' memory, and so in the certificate, with their lowest octet first. */
static bool parse_guid(const char *text, unsigned char out[static 16]) {
    static const unsigned char order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t digits = 0, size = strlen(text);
    if (size == strlen(form) + 2 && text[0] == '{' && text[size - 1] == '}') {
        text++;
        size -= 2;
    }
    if (size != strlen(form))
        return false;
    memset(out, 0, 16);
    for (size_t i = 0; i < size; i++) {
        unsigned digit = 0;
        if (form[i] == '-') {
            if (text[i] != '-')
                return false;
            continue;
        }
        const char hexadecimal[] = {'0', 'x', text[i], '\0'};
        if (!request_number_parse(hexadecimal, &digit))
            return false;
        out[order[digits / 2]] |= (unsigned char)(digit << (digits % 2 ? 0 : 4));
        digits++;
    }
    return true;
}

static void read_guid(struct request_draft *draft, const struct request_name *item) {
    unsigned char octets[16];
    struct buffer der = {0};
    if (!parse_guid(item->value, octets)) {
        wrong_value(draft, item, "no GUID: write one as in f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39");
        return;
    }
    der_put(&der, DER_OCTET_STRING, octets, sizeof octets);
    add_other(draft, item, guid_oid, &der);
}

static void read_other(struct request_draft *draft, const struct request_name *item) {
    struct blob der = {0};
    char shown[INF_SHOWN_SIZE];
    if (request_octets_read(draft, item->value, item->value_place, false,
                            inf_shown(item->name, shown), &der))
        add_name(draft, item, CERT_ALT_OTHER, item->name, &der);
    blob_finish(&der);
}

static void read_registered(struct request_draft *draft, const struct request_name *item) {
    if (cert_oid_is_valid(item->value))
        add_name(draft, item, CERT_ALT_REGISTERED, item->value, NULL);
    else
        wrong_value(draft, item, "no object identifier: write numbers parted by dots");
}

void request_name_read(struct request_draft *draft, const struct request_name *item) {
    static void (*const readers[])(struct request_draft *, const struct request_name *) = {
        [REQUEST_NAME_DNS] = read_dns,
        [REQUEST_NAME_ADDRESS] = read_address,
        [REQUEST_NAME_EMAIL] = read_email,
        [REQUEST_NAME_UPN] = read_upn,
        [REQUEST_NAME_URL] = read_url,
        [REQUEST_NAME_DIRECTORY] = read_directory,
        [REQUEST_NAME_REGISTERED] = read_registered,
        [REQUEST_NAME_GUID] = read_guid,
        [REQUEST_NAME_OTHER] = read_other,
    };
    char shown[INF_SHOWN_SIZE];
    inf_shown(item->name, shown);
    if (*item->value)
        readers[item->type](draft, item);
    else
        inf_mistake(draft->remarks, item->place, "%s= is empty: write a value, or remove it",
                    shown);
}
