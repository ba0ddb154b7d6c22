#include "certs/request_draft.h"

#include <stdlib.h>
#include <string.h>

void request_draft_finish(struct request_draft *draft) {
    request_inf_finish(&draft->request);
    for (int i = 0; i < REQUEST_KEY_COUNT; i++)
        inf_text_finish(&draft->values[i].text);
    for (size_t i = 0; i < draft->extension_count; i++) {
        free(draft->extensions[i].oid);
        free(draft->extensions[i].pieces);
        inf_text_finish(&draft->extensions[i].text);
    }
    string_list_finish(&draft->purposes);
    string_list_finish(&draft->addresses);
    cert_alt_names_finish(&draft->names);
    inf_text_finish(&draft->purposes_critical.text);
    inf_text_finish(&draft->critical.text);
    inf_text_finish(&draft->names_attribute.text);
}

void request_draft_fail(struct request_draft *draft) {
    draft->remarks->out_of_memory = true;
}

const char *request_value_chars(const struct request_value *value) {
    return inf_text_chars(&value->text);
}

struct inf_place request_value_place(const struct request_value *value) {
    struct inf_place place = inf_text_place(&value->text, 0);
    return place.line ? place : value->key;
}

void request_value_take(struct request_draft *draft, struct request_value *value,
                        struct inf_entry *entry) {
    char shown[INF_SHOWN_SIZE];
    struct inf_place place = inf_text_place(&entry->key, 0);
    const char *key = inf_shown(inf_text_chars(&entry->key), shown);
    if (entry->value.text.size == 0 && !entry->quoted) {
        inf_mistake(draft->remarks, place, "%s has no value: write one, or remove the line", key);
        return;
    }
    if (!value->given) {
        *value = (struct request_value){entry->value, place, true};
        entry->value = (struct inf_text){0};
    } else if (strcmp(request_value_chars(value), inf_text_chars(&entry->value)) == 0) {
        inf_note(draft->remarks, place, "%s stands in line %u already, with the same value", key,
                 value->key.line);
    } else {
        inf_mistake(draft->remarks, place,
                    "%s has another value in line %u: keep one of the two lines", key,
                    value->key.line);
    }
}

bool request_value_bool(struct request_draft *draft, const struct request_value *value,
                        const char *key) {
    static const char *const words[] = {"TRUE", "FALSE", "1", "0"};
    char shown[INF_SHOWN_SIZE];
    const char *text = request_value_chars(value);
    if (!value->given)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (inf_same_name(text, words[i]))
            return i % 2 == 0;
    inf_mistake(draft->remarks, request_value_place(value),
                "%s is \"%s\", which is neither TRUE nor FALSE: write one of them", key,
                inf_shown(text, shown));
    return false;
}

void request_draft_tell(struct request_draft *draft, struct inf_place place,
                        const struct error *err) {
    if (err->kind == ERROR_MEMORY)
        request_draft_fail(draft);
    else
        inf_mistake(draft->remarks, place, "%s", err->text);
}
