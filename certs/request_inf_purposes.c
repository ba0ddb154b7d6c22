#include "certs/request_draft.h"

#include <stdlib.h>
#include <string.h>

/* What people write in words. */
static const char *purpose_meant(const char *text) {
    static const struct {
        const char *name, *oid;
    } names[] = {
        {"Server Authentication", CERT_OID_SERVER_AUTH},
        {"serverAuth", CERT_OID_SERVER_AUTH},
        {"szOID_PKIX_KP_SERVER_AUTH", CERT_OID_SERVER_AUTH},
        {"Client Authentication", "1.3.6.1.5.5.7.3.2"},
        {"clientAuth", "1.3.6.1.5.5.7.3.2"},
        {"szOID_PKIX_KP_CLIENT_AUTH", "1.3.6.1.5.5.7.3.2"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (inf_same_name(names[i].name, text))
            return names[i].oid;
    return NULL;
}

/* One object identifier, which stands at `place`. */
static void add_purpose(struct request_draft *draft, const char *oid, struct inf_place place) {
    char shown[INF_SHOWN_SIZE];
    const char *meant = purpose_meant(oid);
    inf_shown(oid, shown);
    if (meant)
        inf_mistake(draft->remarks, place, "\"%s\" is no object identifier: write %s", shown,
                    meant);
    else if (!cert_oid_is_valid(oid))
        inf_mistake(draft->remarks, place,
                    "\"%s\" is no object identifier: write numbers parted by dots, for example "
                    "%s for servers",
                    shown, CERT_OID_SERVER_AUTH);
    else if (string_list_has(&draft->purposes, oid))
        inf_note(draft->remarks, place, "%s stands there already, and is written once", shown);
    else if (draft->purposes.count == REQUEST_PURPOSE_LIMIT)
        inf_mistake(draft->remarks, place, "there are more than %d key purposes: remove some",
                    REQUEST_PURPOSE_LIMIT);
    else if (!string_list_add(&draft->purposes, oid))
        request_draft_fail(draft);
}

/* A list of them parted by commas; what stands at `offset` up to `end`. */
static void add_purposes(struct request_draft *draft, const struct inf_text *text, size_t offset,
                         size_t end) {
    const char *chars = inf_text_chars(text);
    while (offset < end) {
        size_t size = strcspn(chars + offset, ",");
        size_t stop = offset + size < end ? offset + size : end;
        size_t next = stop + 1;
        while (offset < stop && (chars[offset] == ' ' || chars[offset] == '\t'))
            offset++;
        while (stop > offset && (chars[stop - 1] == ' ' || chars[stop - 1] == '\t'))
            stop--;
        char *oid = strndup(chars + offset, stop - offset);
        if (!oid)
            request_draft_fail(draft);
        else if (*oid)
            add_purpose(draft, oid, inf_text_place(text, offset));
        free(oid);
        offset = next;
    }
}

void request_purposes_take_value(struct request_draft *draft, const struct inf_text *text) {
    if (draft->purposes_place.line == 0)
        draft->purposes_place = inf_text_place(text, 0);
    add_purposes(draft, text, 0, text->text.size);
}

void request_purposes_take(struct request_draft *draft, struct inf_entry *entry) {
    const char *key = inf_text_chars(&entry->key);
    if (inf_same_name(key, "Critical"))
        request_value_take(draft, &draft->purposes_critical, entry);
    else if (!inf_same_name(key, "OID"))
        request_unknown_key(draft, entry);
    else if (entry->value.text.size == 0)
        inf_mistake(draft->remarks, inf_text_place(&entry->key, 0),
                    "OID has no value: write one, for example %s for servers",
                    CERT_OID_SERVER_AUTH);
    else
        request_purposes_take_value(draft, &entry->value);
}

/* "1.2.3,1.2.4" over several lines. Where a line neither ends nor begins with a comma, the two
 * numbers would become one. */
void request_purposes_read(struct request_draft *draft, const struct request_extension *extension,
                           size_t from) {
    const char *chars = inf_text_chars(&extension->text);
    draft->purposes_place = extension->place;
    for (size_t i = 0; i < extension->piece_count; i++) {
        size_t piece = extension->pieces[i], before = piece, after = piece;
        while (before > from && strchr(" \t", chars[before - 1]))
            before--;
        while (chars[after] && strchr(" \t", chars[after]))
            after++;
        bool parted = before == from || chars[before - 1] == ',' || chars[after] == ',';
        if (!parted && chars[after])
            inf_damage(draft->remarks, inf_text_place(&extension->text, piece),
                       "write \",\" at the end of the line before", "read as if it stood there",
                       "a \",\" is missing before this object identifier");
        add_purposes(draft, &extension->text, from, piece);
        from = piece;
    }
    add_purposes(draft, &extension->text, from, extension->text.text.size);
}
