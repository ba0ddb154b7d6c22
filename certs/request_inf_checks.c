#include "certs/request_draft.h"

#include <string.h>

enum {
    USAGE_SIGNATURE = 0x80,
    USAGE_ENCIPHERMENT = 0x20,
    USAGE_CERT_SIGN = 0x04,
};

static struct inf_place subject_place(const struct request_draft *draft) {
    return request_value_place(&draft->values[REQUEST_SUBJECT]);
}

static bool names_nobody(const struct request_draft *draft) {
    return draft->request.plan.subject.count == 0;
}

/* A subject that was told to be wrong counts as one. */
static bool subject_is_told(const struct request_draft *draft) {
    const struct request_value *subject = &draft->values[REQUEST_SUBJECT];
    return subject->given && *request_value_chars(subject) && names_nobody(draft);
}

static void check_subject(struct request_draft *draft) {
    if (!names_nobody(draft) || subject_is_told(draft))
        return;
    if (draft->request.type == REQUEST_INF_CERT)
        inf_mistake(draft->remarks, subject_place(draft),
                    "a self-signed certificate needs a subject, which is its issuer too: write "
                    "Subject = \"CN=mail.example.org\" in [NewRequest]");
    else if (!draft->names_given)
        inf_mistake(draft->remarks, subject_place(draft),
                    "the request names nobody: write Subject = \"CN=mail.example.org\" in "
                    "[NewRequest]");
}

static void check_names(struct request_draft *draft) {
    const char *common_name = x500_name_value(&draft->request.plan.subject, X500_COMMON_NAME);
    char name[NAME_SIZE];
    bool host = common_name && request_names_host(draft, common_name, name);
    if (draft->names_given || names_nobody(draft))
        return;
    inf_warning(draft->remarks, subject_place(draft),
                "there is no alternative name, and browsers look at these alone: write 2.5.29.17 = "
                "\"{text}DNS=%s&\" in [Extensions]",
                host ? name : "mail.example.org");
}

static bool is_named(const struct request_draft *draft, const char *name) {
    const struct string_list *names = &draft->request.dns_names;
    for (size_t i = 0; i < names->count; i++)
        if (name_matches(names->items[i], name))
            return true;
    return false;
}

/* A common name that is no host's is a title, and need not stand anywhere else. */
static void check_common_name(struct request_draft *draft) {
    const char *common_name = x500_name_value(&draft->request.plan.subject, X500_COMMON_NAME);
    char name[NAME_SIZE];
    if (!common_name || draft->names.count == 0)
        return;
    bool address = address_normalise(common_name, name);
    if (!address && !request_names_host(draft, common_name, name))
        return;
    if (address ? string_list_has(&draft->addresses, name) : is_named(draft, name))
        return;
    inf_warning(draft->remarks, subject_place(draft),
                "the common name %s is not among the alternative names, where clients look for it: "
                "write _continue_ = \"%s=%s&\" below 2.5.29.17",
                name, address ? "IPAddress" : "DNS", name);
}

static void check_purposes(struct request_draft *draft) {
    bool octets =
        cert_extensions_find(&draft->request.plan.extensions, CERT_OID_EXTENDED_KEY_USAGE) &&
        draft->purposes.count == 0;
    if (octets || draft->is_authority)
        return;
    if (draft->purposes.count == 0 && draft->request.type == REQUEST_INF_CERT)
        inf_warning(draft->remarks, (struct inf_place){0, 0},
                    "there is no extended key usage, and Apple's clients refuse a server's "
                    "certificate without one: write OID = %s below [EnhancedKeyUsageExtension]",
                    CERT_OID_SERVER_AUTH);
    else if (draft->purposes.count > 0 && !string_list_has(&draft->purposes, CERT_OID_SERVER_AUTH))
        inf_warning(draft->remarks, draft->purposes_place,
                    "the purposes do not include servers, and clients refuse the certificate: "
                    "write OID = %s below [EnhancedKeyUsageExtension]",
                    CERT_OID_SERVER_AUTH);
}

static void check_usage(struct request_draft *draft) {
    unsigned usage = draft->key_usage;
    struct inf_place place = request_value_place(&draft->values[REQUEST_KEY_USAGE]);
    if (usage == 0 || draft->is_authority)
        return;
    if (!(usage & USAGE_SIGNATURE))
        inf_warning(draft->remarks, place,
                    "the key usage does not include digitalSignature, and clients refuse the "
                    "certificate of a server: add 0x80, or remove the line");
    else if ((usage & USAGE_ENCIPHERMENT) && draft->request.plan.key.family == CERT_FAMILY_ECDSA)
        inf_warning(draft->remarks, place,
                    "an ECDSA key enciphers nothing (RFC 8813): write KeyUsage = 0x%x, or remove "
                    "the line",
                    usage & ~(unsigned)USAGE_ENCIPHERMENT);
}

/* Which shapes are refused as their own trust anchor: docs/ARCHITECTURE.md, "The certificates we
 * make". */
static void check_shape(struct request_draft *draft) {
    if (draft->request.type != REQUEST_INF_CERT)
        return;
    if (draft->is_authority)
        inf_warning(draft->remarks, draft->constraints_place,
                    "Firefox refuses a server's certificate that is an authority: remove 2.5.29.19 "
                    "from [Extensions]");
    else if (draft->constraints_given)
        inf_warning(draft->remarks, draft->constraints_place,
                    "Chromium on Linux refuses a self-signed certificate that says it is no "
                    "authority: remove 2.5.29.19 from [Extensions]");
    if (!draft->is_authority && draft->key_usage)
        inf_warning(draft->remarks, request_value_place(&draft->values[REQUEST_KEY_USAGE]),
                    "Chromium on Linux refuses a self-signed certificate with a key usage: remove "
                    "KeyUsage");
}

static void check_authority(struct request_draft *draft) {
    const struct cert_extension *constraints =
        cert_extensions_find(&draft->request.plan.extensions, CERT_OID_BASIC_CONSTRAINTS);
    if (draft->is_authority && constraints && !constraints->critical)
        inf_warning(draft->remarks, draft->constraints_place,
                    "an authority's basic constraints are critical (RFC 5280): write Critical = "
                    "2.5.29.19 in [Extensions]");
    if (!draft->is_authority && (draft->key_usage & USAGE_CERT_SIGN))
        inf_warning(draft->remarks, request_value_place(&draft->values[REQUEST_KEY_USAGE]),
                    "keyCertSign is for authorities, and this is none: write KeyUsage = 0x%x, or "
                    "remove the line",
                    draft->key_usage & ~(unsigned)USAGE_CERT_SIGN);
}

static void check_attributes(struct request_draft *draft) {
    if (draft->attributes_place.line > 0 && draft->request.type == REQUEST_INF_CERT)
        inf_note(draft->remarks, draft->attributes_place,
                 "attributes are for an authority, and a self-signed certificate does without");
}

void request_checks_apply(struct request_draft *draft) {
    check_subject(draft);
    check_names(draft);
    check_common_name(draft);
    check_purposes(draft);
    check_usage(draft);
    check_shape(draft);
    check_authority(draft);
    check_attributes(draft);
}
