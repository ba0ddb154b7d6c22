#include "certs/request_draft.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char text_word[] = "{text}";

/* ---- taking the entries ---- */

static struct request_extension *find_extension(struct request_draft *draft, const char *oid) {
    for (size_t i = 0; i < draft->extension_count; i++)
        if (strcmp(draft->extensions[i].oid, oid) == 0)
            return &draft->extensions[i];
    return NULL;
}

static bool add_piece(struct request_extension *extension) {
    size_t count = extension->piece_count;
    if ((count & (count - 1)) == 0) {
        size_t *pieces = realloc(extension->pieces, (count > 0 ? count * 2 : 1) * sizeof *pieces);
        if (!pieces)
            return false;
        extension->pieces = pieces;
    }
    extension->pieces[extension->piece_count++] = extension->text.text.size;
    return true;
}

static void take_continue(struct request_draft *draft, const struct inf_entry *entry) {
    struct inf_place place = inf_text_place(&entry->key, 0);
    if (draft->extension_count == 0 || draft->skipping) {
        if (!draft->skipping)
            inf_mistake(draft->remarks, place,
                        "there is nothing yet that _continue_ could go on with: write 2.5.29.17 = "
                        "\"{text}\" above it");
        return;
    }
    struct request_extension *extension = &draft->extensions[draft->extension_count - 1];
    if (extension->too_long)
        return;
    if (extension->text.text.size + entry->value.text.size > REQUEST_EXTENSION_SIZE) {
        extension->too_long = true;
        inf_mistake(draft->remarks, place,
                    "the extension %s has more than %d octets with this line: shorten it",
                    extension->oid, REQUEST_EXTENSION_SIZE);
        return;
    }
    if (!add_piece(extension))
        request_draft_fail(draft);
    inf_text_join(&extension->text, &entry->value);
}

/* Twice the same extension: the second one is not read, nor what goes on with it. */
static void take_extension(struct request_draft *draft, struct inf_entry *entry) {
    const char *oid = inf_text_chars(&entry->key);
    struct inf_place place = inf_text_place(&entry->key, 0);
    const struct request_extension *before = find_extension(draft, oid);
    draft->skipping = true;
    if (before) {
        inf_mistake(draft->remarks, place,
                    "the extension %s begins in line %u already: join the two, with _continue_",
                    oid, before->place.line);
        return;
    }
    if (draft->extension_count == REQUEST_EXTENSION_LIMIT) {
        if (!draft->told_extensions)
            inf_mistake(draft->remarks, place, "there are more than %d extensions: remove some",
                        REQUEST_EXTENSION_LIMIT);
        draft->told_extensions = true;
        return;
    }
    char *copy = strdup(oid);
    if (!copy) {
        request_draft_fail(draft);
        return;
    }
    draft->skipping = false;
    draft->extensions[draft->extension_count++] =
        (struct request_extension){.oid = copy, .place = place, .text = entry->value};
    entry->value = (struct inf_text){0};
}

/* All lines of that key are one list. */
static void take_critical(struct request_draft *draft, struct inf_entry *entry) {
    struct request_value *critical = &draft->critical;
    struct inf_place place = inf_text_place(&entry->key, 0);
    if (entry->value.text.size == 0) {
        inf_mistake(draft->remarks, place,
                    "Critical has no value: write an extension's object identifier, or remove the "
                    "line");
        return;
    }
    if (critical->given)
        inf_text_insert(&critical->text, ",", place);
    else
        *critical = (struct request_value){.key = place, .given = true};
    inf_text_join(&critical->text, &entry->value);
}

/* A sample in Microsoft's documentation has such lines there, and certreq stops at them. */
static void take_misplaced_purpose(struct request_draft *draft, const struct inf_entry *entry) {
    char shown[INF_SHOWN_SIZE];
    inf_damage(draft->remarks, inf_text_place(&entry->key, 0),
               "write it below [EnhancedKeyUsageExtension]",
               "read as if it stood below [EnhancedKeyUsageExtension]",
               "OID = %s does not belong in [Extensions]",
               inf_shown(inf_text_chars(&entry->value), shown));
    request_purposes_take_value(draft, &entry->value);
}

/* Names of object identifiers that people write instead. */
static const char *oid_meant(const char *key) {
    static const struct {
        const char *name, *oid;
    } names[] = {
        {"szOID_SUBJECT_ALT_NAME2", "2.5.29.17"},
        {"szOID_SUBJECT_ALT_NAME", "2.5.29.17"},
        {"szOID_SUBJECT_ALTERNATIVE_NAME", "2.5.29.17"},
        {"szOID_SUBJECT_ALTERNATIVE_NAME2", "2.5.29.17"},
        {"SubjectAltName", "2.5.29.17"},
        {"SubjectAlternativeName", "2.5.29.17"},
        {"SAN", "2.5.29.17"},
        {"DNS", "2.5.29.17"},
        {"szOID_ENHANCED_KEY_USAGE", "2.5.29.37"},
        {"ExtendedKeyUsage", "2.5.29.37"},
        {"szOID_BASIC_CONSTRAINTS2", "2.5.29.19"},
        {"BasicConstraints", "2.5.29.19"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (inf_same_name(names[i].name, key))
            return names[i].oid;
    return NULL;
}

void request_extensions_take(struct request_draft *draft, struct inf_entry *entry) {
    const char *key = inf_text_chars(&entry->key);
    struct inf_place place = inf_text_place(&entry->key, 0);
    char shown[INF_SHOWN_SIZE];
    const char *meant = oid_meant(key);
    if (inf_same_name(key, "continue")) {
        /* Microsoft's table of examples lost its underscores. */
        inf_damage(draft->remarks, place, "write _continue_", "read as _continue_",
                   "a line that goes on with an extension begins with _continue_");
        take_continue(draft, entry);
    } else if (inf_same_name(key, "_continue_")) {
        take_continue(draft, entry);
    } else if (inf_same_name(key, "Critical")) {
        take_critical(draft, entry);
    } else if (inf_same_name(key, "OID")) {
        take_misplaced_purpose(draft, entry);
    } else if (meant) {
        draft->skipping = true;
        draft->names_given |= strcmp(meant, CERT_OID_ALTERNATIVE_NAME) == 0;
        inf_mistake(draft->remarks, place,
                    "extensions go by their object identifiers, not by names such as \"%s\": write "
                    "%s",
                    inf_shown(key, shown), meant);
    } else if (cert_oid_is_valid(key)) {
        take_extension(draft, entry);
    } else {
        draft->skipping = true;
        request_unknown_key(draft, entry);
    }
}

/* ---- the extensions ---- */

/* Is it in the "Critical" list? */
static bool is_critical(const struct request_draft *draft, const char *oid) {
    const char *list = request_value_chars(&draft->critical);
    size_t size = strlen(oid);
    for (const char *at = list; (at = strstr(at, oid)); at += size) {
        bool begins = at == list || strchr(", \t", at[-1]);
        bool ends = at[size] == '\0' || strchr(", \t", at[size]);
        if (begins && ends)
            return true;
    }
    return false;
}

void request_extension_set(struct request_draft *draft, const char *oid, bool critical,
                           struct blob *der) {
    critical |= is_critical(draft, oid);
    if (!cert_extensions_set(&draft->request.plan.extensions, oid, critical, der))
        request_draft_fail(draft);
    blob_finish(der);
}

static void apply_key_usage(struct request_draft *draft) {
    struct inf_place place = request_value_place(&draft->values[REQUEST_KEY_USAGE]);
    struct error err = {0};
    struct blob der = {0};
    if (draft->key_usage == 0)
        return;
    if (!cert_extension_key_usage(draft->key_usage, &der, &err))
        request_draft_tell(draft, place, &err);
    else
        request_extension_set(draft, CERT_OID_KEY_USAGE, true,
                              &der); /* RFC 5280, 4.2.1.3; as certreq */
}

static void apply_purposes(struct request_draft *draft) {
    struct error err = {0};
    struct blob der = {0};
    bool critical = request_value_bool(draft, &draft->purposes_critical, "Critical");
    if (draft->purposes.count == 0)
        return;
    if (!cert_extension_key_purposes(&draft->purposes, &der, &err))
        request_draft_tell(draft, draft->purposes_place, &err);
    else
        request_extension_set(draft, CERT_OID_EXTENDED_KEY_USAGE, critical, &der);
}

/* "{text}…": a form that only some extensions have. */
static void apply_text(struct request_draft *draft, struct request_extension *extension,
                       size_t from) {
    const char *oid = extension->oid;
    if (strcmp(oid, CERT_OID_ALTERNATIVE_NAME) == 0) {
        draft->names_given = true;
        draft->names_place = extension->place;
        request_names_read(draft, &extension->text, from, extension->pieces,
                           extension->piece_count);
    } else if (strcmp(oid, CERT_OID_EXTENDED_KEY_USAGE) == 0) {
        request_purposes_read(draft, extension, from);
        if (draft->purposes.count == 0)
            inf_mistake(draft->remarks, extension->place,
                        "the extended key usage names no purpose: write \"{text}%s\"",
                        CERT_OID_SERVER_AUTH);
    } else if (strcmp(oid, CERT_OID_BASIC_CONSTRAINTS) == 0) {
        request_constraints_read(draft, extension, from);
    } else if (strcmp(oid, CERT_OID_KEY_USAGE) == 0) {
        inf_mistake(draft->remarks, extension->place,
                    "the key usage has no form in {text}: write KeyUsage = 0xa0 in [NewRequest]");
    } else {
        inf_mistake(draft->remarks, extension->place,
                    "{text} is understood for 2.5.29.17, 2.5.29.37 and 2.5.29.19 alone: write the "
                    "value of %s in octets, \"{hex}…\"",
                    oid);
    }
}

/* Its DER, as octets. */
static void apply_octets(struct request_draft *draft, const struct request_extension *extension) {
    const char *text = inf_text_chars(&extension->text);
    struct blob der = {0};
    struct inf_place place = inf_text_place(&extension->text, 0);
    bool names = strcmp(extension->oid, CERT_OID_ALTERNATIVE_NAME) == 0;
    if (names) {
        draft->names_given = draft->names_opaque = true;
        draft->names_place = extension->place;
    }
    if (strcmp(extension->oid, CERT_OID_BASIC_CONSTRAINTS) == 0)
        draft->constraints_place = extension->place;
    if (names && request_names_begin(text)) {
        char shown[INF_SHOWN_SIZE];
        inf_mistake(draft->remarks, place,
                    "names in words need {text} before them: write 2.5.29.17 = \"{text}%s\"",
                    inf_shown(text, shown));
        return;
    }
    if (!request_octets_read(draft, text, place, true, extension->oid, &der))
        return;
    request_extension_set(draft, extension->oid, false, &der);
    if (names)
        inf_note(draft->remarks, extension->place,
                 "the names are given in octets, and are taken without being looked at");
}

/* Given in two ways, one of which would have been lost. False if so, and told. */
static bool is_alone(struct request_draft *draft, const struct request_extension *extension) {
    const char *other = NULL;
    if (strcmp(extension->oid, CERT_OID_KEY_USAGE) == 0 && draft->key_usage)
        other = "KeyUsage in [NewRequest]";
    if (strcmp(extension->oid, CERT_OID_EXTENDED_KEY_USAGE) == 0 && draft->purposes.count > 0)
        other = "[EnhancedKeyUsageExtension]";
    if (other)
        inf_mistake(draft->remarks, extension->place,
                    "%s gives the extension %s too: keep one of the two", other, extension->oid);
    return !other;
}

static void apply_extension(struct request_draft *draft, struct request_extension *extension) {
    const char *text = inf_text_chars(&extension->text);
    size_t blanks = strspn(text, " \t");
    if (extension->too_long || !is_alone(draft, extension))
        return;
    if (extension->text.text.failed)
        request_draft_fail(draft);
    else if (strncasecmp(text + blanks, text_word, strlen(text_word)) == 0)
        apply_text(draft, extension, blanks + strlen(text_word));
    else if (text[blanks] == '\0')
        inf_mistake(draft->remarks, extension->place,
                    "the extension %s has no value: write one, or remove the line", extension->oid);
    else
        apply_octets(draft, extension);
}

/* ---- alternative names ---- */

static void apply_names(struct request_draft *draft) {
    const struct request_value *attribute = &draft->names_attribute;
    struct error err = {0};
    struct blob der = {0};
    if (attribute->given && draft->names_opaque) {
        inf_mistake(draft->remarks, attribute->key,
                    "2.5.29.17 in [Extensions] gives its names in octets, so that these cannot be "
                    "added: give all of them in one place");
        return;
    }
    if (attribute->given) {
        if (!draft->names_given)
            draft->names_place = attribute->key;
        draft->names_given = true;
        request_names_read(draft, &attribute->text, 0, NULL, 0);
    }
    if (draft->names_given && !draft->names_opaque && draft->names.count == 0 &&
        inf_remarks_allow(draft->remarks)) /* or else it was told why */
        inf_mistake(draft->remarks, draft->names_place,
                    "no name stands there: write _continue_ = \"DNS=mail.example.org&\"");
    if (draft->names.count == 0)
        return;
    /* RFC 5280, 4.2.1.6 */
    bool critical = draft->request.plan.subject.count == 0;
    if (!cert_extension_alternative_names(&draft->names, &der, &err))
        request_draft_tell(draft, draft->names_place, &err);
    else
        request_extension_set(draft, CERT_OID_ALTERNATIVE_NAME, critical, &der);
}

/* ---- which are critical ---- */

static void check_critical(struct request_draft *draft) {
    const struct inf_text *text = &draft->critical.text;
    const char *chars = inf_text_chars(text);
    char shown[INF_SHOWN_SIZE];
    for (size_t at = 0; at < text->text.size;) {
        at += strspn(chars + at, ", \t");
        size_t size = strcspn(chars + at, ", \t");
        char *oid = strndup(chars + at, size);
        if (!oid)
            request_draft_fail(draft);
        else if (*oid && !cert_oid_is_valid(oid))
            inf_mistake(draft->remarks, inf_text_place(text, at),
                        "\"%s\" is no object identifier: write that of an extension, for example "
                        "Critical = 2.5.29.19",
                        inf_shown(oid, shown));
        else if (*oid && !cert_extensions_find(&draft->request.plan.extensions, oid) &&
                 !find_extension(draft, oid))
            inf_mistake(draft->remarks, inf_text_place(text, at),
                        "%s is to be critical, and the file does not give it: write the extension, "
                        "or take it off the list",
                        inf_shown(oid, shown));
        free(oid);
        at += size;
    }
}

void request_extensions_apply(struct request_draft *draft) {
    apply_key_usage(draft);
    for (size_t i = 0; i < draft->extension_count; i++)
        apply_extension(draft, &draft->extensions[i]);
    apply_purposes(draft);
    apply_names(draft);
    check_critical(draft);
    if (draft->critical.text.text.failed)
        request_draft_fail(draft);
}
