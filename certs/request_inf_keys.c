#include "certs/request_draft.h"

#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

enum form { TEXT, BOOL, NUMBER, WORDS };

/* `idle`: belongs to Windows' key store or to another kind of request. Its value is looked at, so
 * that a slip of the pen shows, and all such keys are named in one note. */
struct key {
    const char *name;
    enum form form;
    bool idle;
    const struct request_word *words;
};

static const struct request_word key_specs[] = {
    {"AT_NONE", 0}, {"AT_KEYEXCHANGE", 1}, {"AT_SIGNATURE", 2}, {NULL, 0}};
static const struct request_word key_protections[] = {
    {"NCRYPT_UI_NO_PROTECTION_FLAG", 0},
    {"NCRYPT_UI_PROTECT_KEY_FLAG", 1},
    {"NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG", 2},
    {"XCN_NCRYPT_UI_NO_PROTECTION_FLAG", 0},
    {"XCN_NCRYPT_UI_NO_PROTCTION_FLAG", 0}, /* so in Microsoft's documentation */
    {"XCN_NCRYPT_UI_PROTECT_KEY_FLAG", 1},
    {"XCN_NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG", 2},
    {NULL, 0}};
static const struct request_word key_usage_properties[] = {{"NCRYPT_ALLOW_DECRYPT_FLAG", 1},
                                                           {"NCRYPT_ALLOW_SIGNING_FLAG", 2},
                                                           {"NCRYPT_ALLOW_KEY_AGREEMENT_FLAG", 4},
                                                           {"NCRYPT_ALLOW_ALL_USAGES", 0xffffff},
                                                           {NULL, 0}};
static const struct request_word subject_name_flags[] = {
    {"template", 0},
    {"CT_FLAG_SUBJECT_REQUIRE_COMMON_NAME", 0x40000000},
    {"CT_FLAG_SUBJECT_REQUIRE_DIRECTORY_PATH", 0x80000000},
    {"CT_FLAG_SUBJECT_REQUIRE_DNS_AS_CN", 0x10000000},
    {"CT_FLAG_SUBJECT_REQUIRE_EMAIL", 0x20000000},
    {"CT_FLAG_OLD_CERT_SUPPLIES_SUBJECT_AND_ALT_NAME", 8},
    {"CT_FLAG_SUBJECT_ALT_REQUIRE_DIRECTORY_GUID", 0x1000000},
    {"CT_FLAG_SUBJECT_ALT_REQUIRE_DNS", 0x8000000},
    {"CT_FLAG_SUBJECT_ALT_REQUIRE_DOMAIN_DNS", 0x400000},
    {"CT_FLAG_SUBJECT_ALT_REQUIRE_EMAIL", 0x4000000},
    {"CT_FLAG_SUBJECT_ALT_REQUIRE_SPN", 0x800000},
    {"CT_FLAG_SUBJECT_ALT_REQUIRE_UPN", 0x2000000},
    {NULL, 0}};

enum {
    NAME_SEMICOLON = 0x40000000,
    NAME_NO_QUOTING = 0x10000000,
    NAME_LINE_ENDS = 0x8000000,
    NAME_COMMA = 0x4000000,
    NAME_REVERSE = 0x2000000,
};
static const struct request_word x500_name_flags[] = {
    {"CERT_NAME_STR_NONE", 0},
    {"CERT_OID_NAME_STR", 2},
    {"CERT_X500_NAME_STR", 3},
    {"CERT_NAME_STR_SEMICOLON_FLAG", NAME_SEMICOLON},
    {"CERT_NAME_STR_NO_PLUS_FLAG", 0x20000000},
    {"CERT_NAME_STR_NO_QUOTING_FLAG", NAME_NO_QUOTING},
    {"CERT_NAME_STR_CRLF_FLAG", NAME_LINE_ENDS},
    {"CERT_NAME_STR_COMMA_FLAG", NAME_COMMA},
    {"CERT_NAME_STR_REVERSE_FLAG", NAME_REVERSE},
    {"CERT_NAME_STR_FORWARD_FLAG", 0x1000000},
    {"CERT_NAME_STR_DISABLE_IE4_UTF8_FLAG", 0x10000},
    {"CERT_NAME_STR_ENABLE_T61_UNICODE_FLAG", 0x20000},
    {"CERT_NAME_STR_ENABLE_UTF8_UNICODE_FLAG", 0x40000},
    {"CERT_NAME_STR_FORCE_UTF8_DIR_STR_FLAG", 0x80000},
    {"CERT_NAME_STR_DISABLE_UTF8_DIR_STR_FLAG", 0x100000},
    {"CERT_NAME_STR_ENABLE_PUNYCODE_FLAG", 0x200000},
    {NULL, 0}};

static const struct key keys[REQUEST_KEY_COUNT] = {
    [REQUEST_SUBJECT] = {"Subject", TEXT, false, NULL},
    [REQUEST_TYPE] = {"RequestType", NUMBER, false, NULL},
    [REQUEST_HASH_ALGORITHM] = {"HashAlgorithm", TEXT, false, NULL},
    [REQUEST_KEY_ALGORITHM] = {"KeyAlgorithm", TEXT, false, NULL},
    [REQUEST_KEY_LENGTH] = {"KeyLength", NUMBER, false, NULL},
    [REQUEST_KEY_USAGE] = {"KeyUsage", WORDS, false, NULL},
    [REQUEST_VALIDITY_PERIOD] = {"ValidityPeriod", TEXT, false, NULL},
    [REQUEST_VALIDITY_PERIOD_UNITS] = {"ValidityPeriodUnits", NUMBER, false, NULL},
    [REQUEST_NOT_BEFORE] = {"NotBefore", TEXT, false, NULL},
    [REQUEST_NOT_AFTER] = {"NotAfter", TEXT, false, NULL},
    [REQUEST_FRIENDLY_NAME] = {"FriendlyName", TEXT, false, NULL},
    [REQUEST_EXPORTABLE] = {"Exportable", BOOL, false, NULL},
    [REQUEST_EXPORTABLE_ENCRYPTED] = {"ExportableEncrypted", BOOL, false, NULL},
    [REQUEST_ALTERNATE_SIGNATURE] = {"AlternateSignatureAlgorithm", BOOL, false, NULL},
    [REQUEST_SUPPRESS_DEFAULTS] = {"SuppressDefaults", BOOL, false, NULL},
    [REQUEST_X500_NAME_FLAGS] = {"X500NameFlags", WORDS, false, x500_name_flags},
    [REQUEST_SUBJECT_NAME_FLAGS] = {"SubjectNameFlags", WORDS, true, subject_name_flags},
    [REQUEST_SMIME] = {"SMIME", BOOL, true, NULL},
    [REQUEST_PRIVATE_KEY_ARCHIVE] = {"PrivateKeyArchive", BOOL, true, NULL},
    [REQUEST_USE_EXISTING_KEY_SET] = {"UseExistingKeySet", BOOL, true, NULL},
    [REQUEST_RENEWAL_CERT] = {"RenewalCert", TEXT, false, NULL},
    [REQUEST_KEY_SPEC] = {"KeySpec", NUMBER, true, key_specs},
    [REQUEST_KEY_CONTAINER] = {"KeyContainer", TEXT, true, NULL},
    [REQUEST_KEY_PROTECTION] = {"KeyProtection", WORDS, true, key_protections},
    [REQUEST_KEY_USAGE_PROPERTY] = {"KeyUsageProperty", WORDS, true, key_usage_properties},
    [REQUEST_MACHINE_KEY_SET] = {"MachineKeySet", BOOL, true, NULL},
    [REQUEST_USER_PROTECTED] = {"UserProtected", BOOL, true, NULL},
    [REQUEST_PROVIDER_NAME] = {"ProviderName", TEXT, true, NULL},
    [REQUEST_PROVIDER_TYPE] = {"ProviderType", NUMBER, true, NULL},
    [REQUEST_SILENT] = {"Silent", BOOL, true, NULL},
    [REQUEST_SECURITY_DESCRIPTOR] = {"SecurityDescriptor", TEXT, true, NULL},
    [REQUEST_REQUESTER_NAME] = {"RequesterName", TEXT, true, NULL},
    [REQUEST_ENCRYPTION_ALGORITHM] = {"EncryptionAlgorithm", TEXT, true, NULL},
    [REQUEST_ENCRYPTION_LENGTH] = {"EncryptionLength", NUMBER, true, NULL},
};

bool request_keys_find(const char *name, enum request_key *out) {
    for (int i = 0; i < REQUEST_KEY_COUNT; i++)
        if (inf_same_name(keys[i].name, name)) {
            *out = (enum request_key)i;
            return true;
        }
    return false;
}

const char *request_keys_name(enum request_key key) {
    return keys[key].name;
}

void request_keys_take(struct request_draft *draft, struct inf_entry *entry) {
    enum request_key key;
    if (!request_keys_find(inf_text_chars(&entry->key), &key))
        request_unknown_key(draft, entry);
    else if (entry->value.text.size == 0 && key != REQUEST_SUBJECT && key != REQUEST_FRIENDLY_NAME)
        inf_mistake(draft->remarks, inf_text_place(&entry->key, 0),
                    "%s has no value: write one, or remove the line", keys[key].name);
    else
        request_value_take(draft, &draft->values[key], entry);
}

/* ---- one after the other ---- */

static struct inf_place place_of(const struct request_draft *draft, enum request_key key) {
    return request_value_place(&draft->values[key]);
}

static bool is_true(struct request_draft *draft, enum request_key key) {
    return request_value_bool(draft, &draft->values[key], keys[key].name);
}

static void apply_type(struct request_draft *draft) {
    static const struct request_word types[] = {{"PKCS10", 1}, {"PKCS7", 2},     {"CMC", 3},
                                                {"Cert", 4},   {"SCEP", 0xfd00}, {NULL, 0}};
    unsigned type = 1;
    if (draft->values[REQUEST_TYPE].given &&
        !request_words_read(draft, REQUEST_TYPE, types, REQUEST_NUMBER, &type))
        return;
    draft->request.type = type == 4 ? REQUEST_INF_CERT : REQUEST_INF_PKCS10;
    if (type != 1 && type != 4) {
        char shown[INF_SHOWN_SIZE];
        inf_mistake(draft->remarks, place_of(draft, REQUEST_TYPE),
                    "requests of the type %s are not made here: write PKCS10 for a request, or "
                    "Cert for a self-signed certificate",
                    inf_shown(request_value_chars(&draft->values[REQUEST_TYPE]), shown));
    }
}

static void reverse_subject(struct x500_name *subject) {
    for (size_t i = 0, j = subject->count; i + 1 < j; i++) {
        struct x500_attribute other = subject->attributes[--j];
        subject->attributes[j] = subject->attributes[i];
        subject->attributes[i] = other;
    }
}

/* How the subject's text is to be read. What we do not do matters only where the text would come
 * out otherwise; that is not worth finding out. */
static bool apply_name_flags(struct request_draft *draft) {
    unsigned flags = 0;
    if (!draft->values[REQUEST_X500_NAME_FLAGS].given ||
        !request_words_read(draft, REQUEST_X500_NAME_FLAGS, x500_name_flags, REQUEST_MANY_WORDS,
                            &flags))
        return false;
    if (flags & (NAME_SEMICOLON | NAME_NO_QUOTING | NAME_LINE_ENDS | NAME_COMMA))
        inf_mistake(draft->remarks, place_of(draft, REQUEST_X500_NAME_FLAGS),
                    "these flags change which characters part the subject's attributes, which is "
                    "not done here: remove the line, and write a value that holds \",\", \";\" or "
                    "\"+\" as O=\"\"Example, Inc.\"\"");
    return flags & NAME_REVERSE;
}

/* Where the subject's country begins; the subject if it is written in another way than "C=". */
static size_t offset_of_country(const char *subject, const char *country) {
    for (const char *at = subject; (at = strstr(at, country)); at++) {
        const char *key = at;
        while (key > subject && strchr(" \t\"", key[-1]))
            key--;
        if (key == subject || *--key != '=')
            continue;
        while (key > subject && strchr(" \t", key[-1]))
            key--;
        if (key == subject || (*--key != 'C' && *key != 'c'))
            continue;
        if (key == subject || strchr(" \t,;", key[-1]))
            return (size_t)(key - subject);
    }
    return 0;
}

static void check_country(struct request_draft *draft) {
    const struct request_value *value = &draft->values[REQUEST_SUBJECT];
    char shown[INF_SHOWN_SIZE];
    const char *country = x500_name_value(&draft->request.plan.subject, X500_COUNTRY);
    if (!country)
        return;
    bool letters = strlen(country) == 2;
    for (const char *at = country; letters && *at; at++)
        letters = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
    if (letters)
        return;
    size_t offset = offset_of_country(request_value_chars(value), country);
    inf_warning(draft->remarks, inf_text_place(&value->text, offset),
                "the country \"%s\" is no code of two letters, and authorities refuse such a "
                "request: write, for example, C=DE",
                inf_shown(country, shown));
}

static void apply_subject(struct request_draft *draft) {
    const struct request_value *value = &draft->values[REQUEST_SUBJECT];
    struct x500_name *subject = &draft->request.plan.subject;
    struct error err = {0};
    size_t offset = 0;
    bool reverse = apply_name_flags(draft);
    if (!value->given)
        return;
    if (!x500_name_parse(request_value_chars(value), subject, &offset, &err)) {
        if (err.kind == ERROR_MEMORY)
            request_draft_fail(draft);
        else
            inf_mistake(draft->remarks, inf_text_place(&value->text, offset), "%s", err.text);
        return;
    }
    check_country(draft);
    if (reverse)
        reverse_subject(subject);
}

static void apply_friendly_name(struct request_draft *draft) {
    enum { FRIENDLY_NAME_LIMIT = 255 };
    const char *name = request_value_chars(&draft->values[REQUEST_FRIENDLY_NAME]);
    if (!draft->values[REQUEST_FRIENDLY_NAME].given || !*name)
        return;
    if (strlen(name) > FRIENDLY_NAME_LIMIT) {
        inf_mistake(draft->remarks, place_of(draft, REQUEST_FRIENDLY_NAME),
                    "the friendly name has %zu octets, %d are allowed: shorten it", strlen(name),
                    FRIENDLY_NAME_LIMIT);
        return;
    }
    draft->request.friendly_name = strdup(name);
    if (!draft->request.friendly_name)
        request_draft_fail(draft);
}

/* ---- what has no meaning here ---- */

/* Their values, so that nothing misspelt goes through. */
static void check_idle(struct request_draft *draft, enum request_key key, unsigned *out) {
    const struct key *form = &keys[key];
    *out = 0;
    if (form->form == BOOL)
        *out = is_true(draft, key);
    else if (form->form != TEXT)
        request_words_read(draft, key, form->words,
                           form->form == WORDS ? REQUEST_MANY_WORDS : REQUEST_NUMBER, out);
    if (key == REQUEST_KEY_SPEC && *out > 2)
        inf_mistake(draft->remarks, place_of(draft, key),
                    "%u is no value of KeySpec: write AT_NONE (0), AT_KEYEXCHANGE (1) or "
                    "AT_SIGNATURE (2)",
                    *out);
}

/* A value that would have changed the request, had we done what it says. True if it was told. */
static bool tell_unheeded(struct request_draft *draft, enum request_key key, unsigned value) {
    struct inf_place place = place_of(draft, key);
    const char *text = request_value_chars(&draft->values[key]);
    if (key == REQUEST_USE_EXISTING_KEY_SET && value)
        inf_mistake(draft->remarks, place,
                    "no existing key is used here, each request gets a new one: write "
                    "UseExistingKeySet = FALSE");
    else if (key == REQUEST_SUBJECT_NAME_FLAGS && (value || inf_same_name(text, "template")))
        inf_mistake(draft->remarks, place,
                    "there is no directory here to take names from: remove the line, and write "
                    "them as Subject and as 2.5.29.17 in [Extensions]");
    else if (key == REQUEST_SMIME && value)
        inf_warning(draft->remarks, place,
                    "S/MIME capabilities, which are for mail programs, are left out: write SMIME = "
                    "FALSE");
    else if (key == REQUEST_PRIVATE_KEY_ARCHIVE && value)
        inf_warning(draft->remarks, place,
                    "the private key is not sent to the authority, which would need a request of "
                    "the type CMC: write PrivateKeyArchive = FALSE");
    else
        return false;
    return true;
}

/* All of them in one note, in the file's order. */
static void tell_idle(struct request_draft *draft, const enum request_key *idle, size_t count) {
    struct buffer list = {0};
    for (size_t i = 0; i < count; i++)
        buffer_printf(&list, "%s%s",
                      i == 0           ? ""
                      : i + 1 == count ? " and "
                                       : ", ",
                      keys[idle[i]].name);
    if (list.failed)
        request_draft_fail(draft);
    else if (count > 0)
        inf_note(draft->remarks, draft->values[idle[0]].key,
                 "without meaning outside of Windows' key store and its authorities: %s",
                 list.data);
    buffer_finish(&list);
}

static void apply_idle(struct request_draft *draft) {
    enum request_key idle[REQUEST_KEY_COUNT];
    size_t count = 0;
    for (int i = 0; i < REQUEST_KEY_COUNT; i++) {
        const struct request_value *values = draft->values;
        unsigned meant;
        if (!keys[i].idle || !values[i].given)
            continue;
        check_idle(draft, (enum request_key)i, &meant);
        if (tell_unheeded(draft, (enum request_key)i, meant))
            continue;
        size_t at = count++;
        for (; at > 0 && values[idle[at - 1]].key.line > values[i].key.line; at--)
            idle[at] = idle[at - 1];
        idle[at] = (enum request_key)i;
    }
    tell_idle(draft, idle, count);
}

void request_keys_apply(struct request_draft *draft) {
    apply_type(draft);
    apply_subject(draft);
    request_algorithms_apply(draft);
    apply_friendly_name(draft);
    bool plain = is_true(draft, REQUEST_EXPORTABLE);
    bool encrypted = is_true(draft, REQUEST_EXPORTABLE_ENCRYPTED);
    draft->request.exportable = plain || encrypted;
    draft->request.plan.key_ids = !is_true(draft, REQUEST_SUPPRESS_DEFAULTS);
    if (draft->values[REQUEST_KEY_USAGE].given)
        request_key_usage_read(draft, &draft->key_usage);
    if (draft->values[REQUEST_RENEWAL_CERT].given)
        inf_mistake(draft->remarks, draft->values[REQUEST_RENEWAL_CERT].key,
                    "renewing a certificate needs a request of the type PKCS7 or CMC, which is not "
                    "made here: remove RenewalCert, and a new certificate is requested");
    apply_idle(draft);
}
