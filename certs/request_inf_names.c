#include "certs/request_draft.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum name_type { DNS, ADDRESS, EMAIL, UPN, URL, DIRECTORY, REGISTERED, GUID, OTHER, UNKNOWN };

/* Without blanks. Those whose values hold no "=" show where a "&" was forgotten. */
static const struct {
    const char *word;
    enum name_type type;
    bool plain;
} types[] = {
    {"DNS", DNS, true},
    {"IPAddress", ADDRESS, true},
    {"EMail", EMAIL, true},
    {"UPN", UPN, true},
    {"URL", URL, false},
    {"DirectoryName", DIRECTORY, false},
    {"RegisteredId", REGISTERED, true},
    {"Guid", GUID, true},
};
enum { TYPE_COUNT = sizeof types / sizeof *types };

/* Kinds of otherName that have words of their own in Windows. */
static const char upn_oid[] = "1.3.6.1.4.1.311.20.2.3", guid_oid[] = "1.3.6.1.4.1.311.25.1";

/* One "type=value" of the text. */
struct item {
    const struct inf_text *text;
    size_t start, equals, end; /* equals == end: there is none */
    enum name_type type;
    char *name;  /* what stands before "=", without blanks */
    char *value; /* without blanks around it */
    struct inf_place place, value_place;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* ---- where one ends and the next begins ---- */

/* The length of a known type's word and its "=" at the start of `text`; 0: none. */
static size_t type_word_at(const char *text) {
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        const char *at = text, *word = types[i].word;
        for (; *word; word++) {
            while (at > text && is_blank(*at))
                at++;
            if (strncasecmp(at, word, 1) != 0)
                break;
            at++;
        }
        while (!*word && is_blank(*at))
            at++;
        if (!*word && *at == '=')
            return (size_t)(at - text) + 1;
    }
    return 0;
}

/* Where a known type's word begins that ends at the "=" at `equals`, not before `from`; `equals` if
 * there is none. */
static size_t type_word_before(const char *text, size_t from, size_t equals) {
    size_t best = equals;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        size_t left = strlen(types[i].word), at = equals;
        while (at > from && left > 0) {
            if (is_blank(text[at - 1])) {
                at--;
                continue;
            }
            if (strncasecmp(text + at - 1, types[i].word + left - 1, 1) != 0)
                break;
            at--;
            left--;
        }
        if (left == 0 && at < best)
            best = at;
    }
    return best;
}

static enum name_type type_named(const char *name) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (inf_same_name(types[i].word, name))
            return types[i].type;
    return cert_oid_is_valid(name) ? OTHER : UNKNOWN;
}

static bool is_plain(enum name_type type) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (types[i].type == type)
            return types[i].plain;
    return false;
}

static char *copy_dense(const char *text, size_t size) {
    char *copy = malloc(size + 1);
    size_t used = 0;
    for (size_t i = 0; copy && i < size; i++)
        if (!is_blank(text[i]))
            copy[used++] = text[i];
    if (copy)
        copy[used] = '\0';
    return copy;
}

/* A missing "&" at `at`, which would make one name of two. */
static void tell_glued(struct request_draft *draft, const struct item *item, size_t at) {
    enum { BOTH_SIZE = 240 }; /* more than is shown */
    char both[BOTH_SIZE], shown[INF_SHOWN_SIZE];
    const char *value = inf_text_chars(item->text) + item->equals + 1;
    size_t size = strnlen(value, sizeof both - 1);
    memcpy(both, value, size);
    both[size] = '\0';
    both[strcspn(both, "&")] = '\0';
    inf_damage(draft->remarks, inf_text_place(item->text, at),
               "write \"&\" at the end of the name before", "read as if it stood there",
               "a \"&\" is missing before this name, and one name \"%s\" would result",
               inf_shown(both, shown));
}

/* Finds where the item that begins at `start` ends, and what parts it from the next. `pieces`: not
 * yet passed ones. */
static size_t find_end(struct request_draft *draft, struct item *item, const size_t *pieces,
                       size_t piece_count) {
    const char *chars = inf_text_chars(item->text);
    size_t piece = 0;
    bool has_value = item->equals < item->text->text.size && chars[item->equals] == '=';
    for (size_t at = item->start; chars[at]; at++) {
        while (piece < piece_count && pieces[piece] < at)
            piece++;
        bool begins_line = piece < piece_count && pieces[piece] == at && at > item->start;
        if (chars[at] == '&')
            return at;
        if (begins_line && has_value && at > item->equals && type_word_at(chars + at) > 0) {
            tell_glued(draft, item, at);
            return at;
        }
        if (chars[at] == '=' && at > item->equals && has_value && is_plain(item->type)) {
            size_t word = type_word_before(chars, item->equals + 1, at);
            if (word < at) {
                tell_glued(draft, item, word);
                return word;
            }
        }
    }
    return item->text->text.size;
}

/* ---- values ---- */

/* False: it is not among the names now for the first time. */
static bool add_name(struct request_draft *draft, const struct item *item, enum cert_alt_kind kind,
                     const char *text, const struct blob *der) {
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

static void wrong_value(struct request_draft *draft, const struct item *item, const char *what) {
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

static void read_dns(struct request_draft *draft, const struct item *item) {
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

static void read_address(struct request_draft *draft, const struct item *item) {
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

static void read_email(struct request_draft *draft, const struct item *item) {
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

static void read_url(struct request_draft *draft, const struct item *item) {
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

static void read_directory(struct request_draft *draft, const struct item *item) {
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
static void add_other(struct request_draft *draft, const struct item *item, const char *oid,
                      struct buffer *der) {
    struct blob value = {0};
    struct error err = {0};
    if (der_give(der, &value, &err))
        add_name(draft, item, CERT_ALT_OTHER, oid, &value);
    else
        request_draft_fail(draft);
    blob_finish(&value);
}

static void read_upn(struct request_draft *draft, const struct item *item) {
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

static void read_guid(struct request_draft *draft, const struct item *item) {
    unsigned char octets[16];
    struct buffer der = {0};
    if (!parse_guid(item->value, octets)) {
        wrong_value(draft, item, "no GUID: write one as in f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39");
        return;
    }
    der_put(&der, DER_OCTET_STRING, octets, sizeof octets);
    add_other(draft, item, guid_oid, &der);
}

static void read_other(struct request_draft *draft, const struct item *item) {
    struct blob der = {0};
    char shown[INF_SHOWN_SIZE];
    if (request_octets_read(draft, item->value, item->value_place, false,
                            inf_shown(item->name, shown), &der))
        add_name(draft, item, CERT_ALT_OTHER, item->name, &der);
    blob_finish(&der);
}

static void tell_unknown_type(struct request_draft *draft, const struct item *item) {
    const char *words[TYPE_COUNT + 1] = {0};
    char shown[INF_SHOWN_SIZE];
    for (size_t i = 0; i < TYPE_COUNT; i++)
        words[i] = types[i].word;
    const char *nearest = nearest_word(item->name, words);
    inf_shown(item->name, shown);
    if (item->equals == item->end)
        inf_mistake(draft->remarks, item->place,
                    "\"%s\" has no \"=\": write what it is before it, for example DNS=%s", shown,
                    shown);
    else if (inf_same_name(item->name, "IP"))
        inf_mistake(draft->remarks, item->place,
                    "\"%s\" is no kind of name: write IPAddress=", shown);
    else if (nearest)
        inf_mistake(draft->remarks, item->place, "\"%s\" is no kind of name: did you mean %s=?",
                    shown, nearest);
    else
        inf_mistake(draft->remarks, item->place,
                    "\"%s\" is no kind of name: write DNS, IPAddress, EMail, UPN, URL, "
                    "DirectoryName, RegisteredId, Guid or an object identifier",
                    shown);
}

static void read_value(struct request_draft *draft, const struct item *item) {
    static void (*const readers[])(struct request_draft *, const struct item *) = {
        [DNS] = read_dns, [ADDRESS] = read_address,     [EMAIL] = read_email, [UPN] = read_upn,
        [URL] = read_url, [DIRECTORY] = read_directory, [GUID] = read_guid,   [OTHER] = read_other};
    char shown[INF_SHOWN_SIZE];
    if (item->type == UNKNOWN || item->equals == item->end)
        tell_unknown_type(draft, item);
    else if (!*item->value)
        inf_mistake(draft->remarks, item->place, "%s= is empty: write a value, or remove it",
                    inf_shown(item->name, shown));
    else if (item->type == REGISTERED && !cert_oid_is_valid(item->value))
        wrong_value(draft, item, "no object identifier: write numbers parted by dots");
    else if (item->type == REGISTERED)
        add_name(draft, item, CERT_ALT_REGISTERED, item->value, NULL);
    else
        readers[item->type](draft, item);
}

/* ---- the text ---- */

bool request_names_begin(const char *text) {
    return type_word_at(text) > 0;
}

/* "type=" of the item that begins at item->start. False: memory. */
static bool read_type(struct item *item) {
    const char *chars = inf_text_chars(item->text) + item->start;
    size_t size = strcspn(chars, "=&");
    item->equals = item->start + size;
    item->name = copy_dense(chars, size);
    item->type = item->name ? type_named(item->name) : UNKNOWN;
    item->place = inf_text_place(item->text, item->start);
    return item->name != NULL;
}

/* Between "=" and the end, without blanks; where "," or ";" stood for the "&", without these. */
static bool copy_value(struct item *item, bool glued) {
    const char *chars = inf_text_chars(item->text);
    size_t from = item->equals < item->end ? item->equals + 1 : item->end, to = item->end;
    while (from < to && is_blank(chars[from]))
        from++;
    while (to > from && (is_blank(chars[to - 1]) || (glued && strchr(",;", chars[to - 1]))))
        to--;
    item->value = strndup(chars + from, to - from);
    item->value_place = inf_text_place(item->text, from);
    return item->value != NULL;
}

/* "&amp;" is how web pages write "&". Gives how much of it stands behind the "&" at `at`. */
static size_t pass_entity(struct request_draft *draft, const struct inf_text *text, size_t at) {
    static const char entity[] = "&amp;";
    if (strncasecmp(inf_text_chars(text) + at, entity, strlen(entity)) != 0)
        return 0;
    inf_damage(draft->remarks, inf_text_place(text, at), "write \"&\"", "read as \"&\"",
               "\"&amp;\" stands here, which is how a web page writes \"&\"");
    return strlen(entity) - 1;
}

/* Reads the item at `at`; gives where the next begins. */
static size_t read_item(struct request_draft *draft, const struct inf_text *text, size_t at,
                        const size_t *pieces, size_t piece_count) {
    struct item item = {.text = text, .start = at};
    const char *chars = inf_text_chars(text);
    size_t next = text->text.size;
    if (!read_type(&item)) {
        request_draft_fail(draft);
        return next;
    }
    item.end = find_end(draft, &item, pieces, piece_count);
    if (item.equals > item.end)
        item.equals = item.end;
    bool parted = chars[item.end] == '&';
    next = item.end + parted;
    if (copy_value(&item, !parted && chars[item.end] != '\0'))
        read_value(draft, &item);
    else
        request_draft_fail(draft);
    free(item.name);
    free(item.value);
    return parted ? next + pass_entity(draft, text, item.end) : next;
}

void request_names_read(struct request_draft *draft, const struct inf_text *text, size_t from,
                        const size_t *pieces, size_t piece_count) {
    const char *chars = inf_text_chars(text);
    for (size_t at = from; at < text->text.size;) {
        while (piece_count > 0 && pieces[0] < at) {
            pieces++;
            piece_count--;
        }
        if (is_blank(chars[at]))
            at++;
        else if (chars[at] == '&')
            at += 1 + pass_entity(draft, text, at);
        else
            at = read_item(draft, text, at, pieces, piece_count);
    }
}
