#include "certs/request_inf.h"

#include "certs/inf_decode.h"
#include "certs/request_draft.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void request_inf_finish(struct request_inf *request) {
    cert_plan_finish(&request->plan);
    free(request->friendly_name);
    string_list_finish(&request->attributes);
    string_list_finish(&request->dns_names);
    *request = (struct request_inf){0};
}

/* ---- the sections ---- */

struct section {
    const char *name;
    void (*take)(struct request_draft *draft, struct inf_entry *entry);
    const char *const *keys; /* NULL: those of request_inf_keys.c, or any */
};

static void take_version(struct request_draft *draft, struct inf_entry *entry);
static void take_attribute(struct request_draft *draft, struct inf_entry *entry);
static void take_string(struct request_draft *draft, struct inf_entry *entry);

static const char *const version_keys[] = {"Signature", "Class",       "ClassGuid", "Provider",
                                           "DriverVer", "CatalogFile", NULL};
static const char *const purpose_keys[] = {"OID", "Critical", NULL};
static const char *const extension_keys[] = {"_continue_", "Critical", NULL};
static const char *const attribute_keys[] = {"CertificateTemplate", "SAN", NULL};

static const struct section sections[] = {
    {"Version", take_version, version_keys},
    {"NewRequest", request_keys_take, NULL},
    {"EnhancedKeyUsageExtension", request_purposes_take, purpose_keys},
    {"Extensions", request_extensions_take, extension_keys},
    {"RequestAttributes", take_attribute, attribute_keys},
    {"Strings", take_string, NULL},
};
enum { SECTION_COUNT = sizeof sections / sizeof *sections };

/* Sections of policy files (CAPolicy.inf, "certreq -policy"), each with what to write instead. */
static const struct {
    const char *name, *instead;
} policy_sections[] = {
    {"BasicConstraintsExtension", "2.5.29.19 = \"{text}ca=1&pathlength=0\" in [Extensions]"},
    {"NameConstraintsExtension", "2.5.29.30 = \"{hex}…\" in [Extensions]"},
    {"NameConstraintsPermitted", "2.5.29.30 = \"{hex}…\" in [Extensions]"},
    {"NameConstraintsExcluded", "2.5.29.30 = \"{hex}…\" in [Extensions]"},
    {"PolicyStatementExtension", "2.5.29.32 = \"{hex}…\" in [Extensions]"},
    {"PolicyMappingsExtension", "2.5.29.33 = \"{hex}…\" in [Extensions]"},
    {"PolicyConstraintsExtension", "2.5.29.36 = \"{hex}…\" in [Extensions]"},
    {"ApplicationPolicyStatementExtension", "1.3.6.1.4.1.311.21.10 = \"{hex}…\" in [Extensions]"},
    {"ApplicationPolicyMappingsExtension", "1.3.6.1.4.1.311.21.11 = \"{hex}…\" in [Extensions]"},
    {"ApplicationPolicyConstraintsExtension", "1.3.6.1.4.1.311.21.12 = \"{hex}…\" in [Extensions]"},
    {"CRLDistributionPoint", "2.5.29.31 = \"{hex}…\" in [Extensions]"},
    {"AuthorityInformationAccess", "1.3.6.1.5.5.7.1.1 = \"{hex}…\" in [Extensions]"},
    {"CrossCertificateDistributionPointsExtension",
     "1.3.6.1.4.1.311.10.9.1 = \"{hex}…\" in [Extensions]"},
    {"certsrv_server", "nothing: it sets up an authority of Windows"},
};

static const struct section *section_find(const char *name) {
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (inf_same_name(sections[i].name, name))
            return &sections[i];
    return NULL;
}

static const char *section_nearest(const char *name) {
    const char *names[SECTION_COUNT + 1] = {0};
    for (size_t i = 0; i < SECTION_COUNT; i++)
        names[i] = sections[i].name;
    return nearest_word(name, names);
}

/* The one that was meant. NULL if that cannot be said. */
static const struct section *section_meant(const char *name) {
    const struct section *section = section_find(name);
    const char *nearest = section ? NULL : section_nearest(name);
    for (size_t i = 0; nearest && i < sizeof policy_sections / sizeof *policy_sections; i++)
        if (inf_same_name(policy_sections[i].name, name))
            nearest = NULL;
    return nearest ? section_find(nearest) : section;
}

static bool is_localised_strings(const char *name) {
    static const char head[] = "Strings.";
    return strncasecmp(name, head, strlen(head)) == 0;
}

static void tell_unknown_section(struct request_draft *draft, const char *name,
                                 struct inf_place place) {
    char shown[INF_SHOWN_SIZE];
    const char *nearest = section_nearest(name);
    for (size_t i = 0; i < sizeof policy_sections / sizeof *policy_sections; i++)
        if (inf_same_name(policy_sections[i].name, name)) {
            inf_mistake(draft->remarks, place,
                        "[%s] is a section of policy files and not read here: write %s",
                        policy_sections[i].name, policy_sections[i].instead);
            return;
        }
    if (is_localised_strings(name))
        inf_note(draft->remarks, place,
                 "[%s] is for one language of Windows and passed over: [Strings] is read",
                 inf_shown(name, shown));
    else if (nearest)
        inf_mistake(draft->remarks, place, "there is no section [%s]: did you mean [%s]?",
                    inf_shown(name, shown), nearest);
    else
        inf_mistake(draft->remarks, place,
                    "there is no section [%s]: remove it; a request has [Version], [NewRequest], "
                    "[EnhancedKeyUsageExtension], [Extensions], [RequestAttributes] and [Strings]",
                    inf_shown(name, shown));
}

static void take_section(void *context, const char *name, struct inf_place place) {
    struct request_draft *draft = context;
    draft->section = section_meant(name);
    if (!section_find(name))
        tell_unknown_section(draft, name, place);
    if (draft->section && draft->section->take == request_keys_take)
        draft->has_new_request = true;
}

static void take_entry(void *context, struct inf_entry *entry) {
    struct request_draft *draft = context;
    if (draft->section) {
        entry->section = draft->section->name;
        draft->section->take(draft, entry);
    }
}

/* ---- keys ---- */

static bool section_has(const struct section *section, const char *key) {
    enum request_key found;
    if (section->take == request_keys_take)
        return request_keys_find(key, &found);
    for (const char *const *known = section->keys; known && *known; known++)
        if (inf_same_name(*known, key))
            return true;
    return section->take == request_extensions_take && cert_oid_is_valid(key);
}

static const char *section_nearest_key(const struct section *section, const char *key) {
    const char *names[REQUEST_KEY_COUNT + 1] = {0};
    if (section->take != request_keys_take)
        return section->keys ? nearest_word(key, section->keys) : NULL;
    for (int i = 0; i < REQUEST_KEY_COUNT; i++)
        names[i] = request_keys_name((enum request_key)i);
    return nearest_word(key, names);
}

void request_unknown_key(struct request_draft *draft, const struct inf_entry *entry) {
    char shown[INF_SHOWN_SIZE];
    const char *key = inf_text_chars(&entry->key);
    const struct section *here = section_find(entry->section);
    struct inf_place place = inf_text_place(&entry->key, 0);
    const char *nearest = here ? section_nearest_key(here, key) : NULL;
    if (entry->key.text.size == 0)
        return; /* told already */
    inf_shown(key, shown);
    if (inf_same_name(key, "_continue_")) {
        inf_mistake(draft->remarks, place,
                    "_continue_ goes on with an entry of [Extensions], not of [%s]: write the "
                    "value on one line, or end its lines with \"\\\"",
                    entry->section);
        return;
    }
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (&sections[i] != here && section_has(&sections[i], key)) {
            inf_mistake(draft->remarks, place, "%s does not belong in [%s]: move it to [%s]", shown,
                        entry->section, sections[i].name);
            return;
        }
    if (nearest)
        inf_mistake(draft->remarks, place, "[%s] has no key \"%s\": did you mean %s?",
                    entry->section, shown, nearest);
    else
        inf_mistake(draft->remarks, place, "[%s] has no key \"%s\": remove the line",
                    entry->section, shown);
}

static bool is_key(const char *section, const char *key) {
    const struct section *here = section ? section_find(section) : NULL;
    if (here && here->take == take_string)
        return !strchr(key, ' ');
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (section_has(&sections[i], key))
            return true;
    return false;
}

/* An unquoted subject that was broken behind a comma goes on with "O=…". */
static bool is_more(void *context, const char *section, const char *key, const char *line) {
    const struct section *here = section_find(section);
    struct x500_name name = {0};
    struct error err = {0};
    size_t size = strcspn(line, "=");
    char first[32];
    if (!here || here->take != request_keys_take || !inf_same_name(key, "Subject") ||
        size >= sizeof first)
        return false;
    memcpy(first, line, size);
    first[size] = '\0';
    if (line[size] != '=' || is_key(section, first))
        return false;
    bool more = x500_name_parse(line, &name, NULL, &err) && name.count > 0;
    if (err.kind == ERROR_MEMORY)
        request_draft_fail(context);
    x500_name_finish(&name);
    return more;
}

/* ---- [Version], [RequestAttributes], [Strings] ---- */

static void take_version(struct request_draft *draft, struct inf_entry *entry) {
    static const char *const signatures[] = {"$Windows NT$", "$Windows NT", "$Chicago$"};
    const char *key = inf_text_chars(&entry->key), *value = inf_text_chars(&entry->value);
    char shown[INF_SHOWN_SIZE];
    if (!section_has(&sections[0], key)) {
        request_unknown_key(draft, entry);
        return;
    }
    if (!inf_same_name(key, "Signature")) {
        inf_note(draft->remarks, inf_text_place(&entry->key, 0),
                 "%s is for drivers and means nothing in a request", inf_shown(key, shown));
        return;
    }
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (inf_same_name(value, signatures[i]))
            return;
    inf_mistake(draft->remarks, inf_text_place(&entry->key, 0),
                "the signature \"%s\" is none of Windows: write Signature = \"$Windows NT$\"",
                inf_shown(value, shown));
}

static bool is_attribute_name(const char *text) {
    for (const char *at = text; *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') &&
            !(*at >= '0' && *at <= '9') && !strchr("-_.", *at))
            return false;
    return *text != '\0';
}

/* The attribute of that name, "Name=value". NULL: none. */
static const char *attribute_find(const struct string_list *list, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < list->count; i++)
        if (strncasecmp(list->items[i], name, size) == 0 && list->items[i][size] == '=')
            return list->items[i];
    return NULL;
}

static void take_attribute(struct request_draft *draft, struct inf_entry *entry) {
    const char *key = inf_text_chars(&entry->key), *value = inf_text_chars(&entry->value);
    struct inf_place place = inf_text_place(&entry->key, 0);
    struct string_list *list = &draft->request.attributes;
    char shown[INF_SHOWN_SIZE];
    inf_shown(key, shown);
    if (inf_same_name(key, "SAN")) {
        request_value_take(draft, &draft->names_attribute, entry);
        return;
    }
    if (!is_attribute_name(key) || inf_same_name(key, "_continue_")) {
        request_unknown_key(draft, entry);
        return;
    }
    const char *before = attribute_find(list, key);
    if (entry->value.text.size == 0)
        inf_mistake(draft->remarks, place, "%s has no value: write one, or remove the line", shown);
    else if (before && strcmp(strchr(before, '=') + 1, value) != 0)
        inf_mistake(draft->remarks, place,
                    "%s stands there already, with another value: keep one of them", shown);
    else if (before)
        inf_note(draft->remarks, place, "%s stands there twice, with the same value", shown);
    else if (list->count == REQUEST_ATTRIBUTE_LIMIT)
        inf_mistake(draft->remarks, place, "there are more than %d attributes: remove some",
                    REQUEST_ATTRIBUTE_LIMIT);
    else {
        struct buffer text = {0};
        buffer_printf(&text, "%s=%s", key, value);
        if (text.failed || !string_list_add(list, text.data))
            request_draft_fail(draft);
        buffer_finish(&text);
        if (draft->attributes_place.line == 0)
            draft->attributes_place = place;
    }
}

/* inf.c has read them already. */
static void take_string(struct request_draft *draft, struct inf_entry *entry) {
    if (inf_same_name(inf_text_chars(&entry->key), "_continue_"))
        request_unknown_key(draft, entry);
}

/* ---- the whole ---- */

static void apply(struct request_draft *draft) {
    if (!draft->has_new_request) {
        inf_mistake(draft->remarks, (struct inf_place){0, 0},
                    "there is no [NewRequest] section: write one, with Subject = \"CN=…\" in it");
        return;
    }
    request_keys_apply(draft);
    request_time_apply(draft);
    request_extensions_apply(draft);
    request_checks_apply(draft);
}

bool request_inf_read(const struct blob *bytes, const struct request_inf_options *options,
                      request_inf_report *report, void *context, struct request_inf *out) {
    static const struct inf_grammar grammar = {is_key, is_more, take_section, take_entry};
    struct inf_remarks remarks = {.tolerant = options->tolerant};
    struct buffer text = {0};
    struct request_draft *draft = calloc(1, sizeof *draft);
    if (!draft) {
        remarks.out_of_memory = true;
    } else if (inf_decode(bytes, &remarks, &text)) {
        draft->options = options;
        draft->remarks = &remarks;
        inf_read(&text, &grammar, draft, &remarks);
        apply(draft);
    }
    bool ok = inf_remarks_allow(&remarks);
    inf_remarks_tell(&remarks, report, context);
    if (ok && draft) {
        *out = draft->request;
        draft->request = (struct request_inf){0};
    }
    if (draft)
        request_draft_finish(draft);
    free(draft);
    buffer_finish(&text);
    inf_remarks_finish(&remarks);
    return ok;
}
