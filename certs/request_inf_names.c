#include "certs/request_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Without blanks. Those whose values hold no "=" show where a "&" was forgotten. */
static const struct {
    const char *word;
    enum request_name_type type;
    bool plain;
} types[] = {
    {"DNS", REQUEST_NAME_DNS, true},
    {"IPAddress", REQUEST_NAME_ADDRESS, true},
    {"EMail", REQUEST_NAME_EMAIL, true},
    {"UPN", REQUEST_NAME_UPN, true},
    {"URL", REQUEST_NAME_URL, false},
    {"DirectoryName", REQUEST_NAME_DIRECTORY, false},
    {"DN", REQUEST_NAME_DIRECTORY, false}, /* in a sample of Microsoft's */
    {"RegisteredId", REQUEST_NAME_REGISTERED, true},
    {"Guid", REQUEST_NAME_GUID, true},
};
enum { TYPE_COUNT = sizeof types / sizeof *types };

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

static enum request_name_type type_named(const char *name) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (inf_same_name(types[i].word, name))
            return types[i].type;
    return cert_oid_is_valid(name) ? REQUEST_NAME_OTHER : REQUEST_NAME_UNKNOWN;
}

static bool is_plain(enum request_name_type type) {
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
static void tell_glued(struct request_draft *draft, const struct request_name *item, size_t at) {
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
static size_t find_end(struct request_draft *draft, struct request_name *item, const size_t *pieces,
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

/* ---- the text ---- */

static void tell_unknown_type(struct request_draft *draft, const struct request_name *item) {
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

bool request_names_begin(const char *text) {
    return type_word_at(text) > 0;
}

/* "type=" of the item that begins at item->start. False: memory. */
static bool read_type(struct request_name *item) {
    const char *chars = inf_text_chars(item->text) + item->start;
    size_t size = strcspn(chars, "=&");
    item->equals = item->start + size;
    item->name = copy_dense(chars, size);
    item->type = item->name ? type_named(item->name) : REQUEST_NAME_UNKNOWN;
    item->place = inf_text_place(item->text, item->start);
    return item->name != NULL;
}

/* Between "=" and the end, without blanks; where "," or ";" stood for the "&", without these. */
static bool copy_value(struct request_name *item, bool glued) {
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
    struct request_name item = {.text = text, .start = at};
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
    if (!copy_value(&item, !parted && chars[item.end] != '\0'))
        request_draft_fail(draft);
    else if (item.type == REQUEST_NAME_UNKNOWN || item.equals == item.end)
        tell_unknown_type(draft, &item);
    else
        request_name_read(draft, &item);
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
