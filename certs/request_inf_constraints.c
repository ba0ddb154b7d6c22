#include "certs/request_draft.h"

#include <string.h>
#include <strings.h>

/* "ca=1", "pathlength=3". False, and told, if it is neither. */
static bool read_constraint(struct request_draft *draft, const struct inf_text *text, size_t offset,
                            const char *item, int *authority, int *path_length) {
    static const struct request_word flags[] = {{"0", 0}, {"1", 1}, {"FALSE", 0}, {"TRUE", 1}};
    static const char path[] = "pathlength=", ca[] = "ca=";
    char shown[INF_SHOWN_SIZE];
    unsigned number = 0;
    if (strncasecmp(item, path, strlen(path)) == 0 &&
        request_number_parse(item + strlen(path), &number) && number < 256) {
        *path_length = (int)number;
        return true;
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strncasecmp(item, ca, strlen(ca)) == 0 &&
            inf_same_name(item + strlen(ca), flags[i].name)) {
            *authority = (int)flags[i].value;
            return true;
        }
    inf_mistake(
        draft->remarks, inf_text_place(text, offset),
        "\"%s\" is no basic constraint: write \"{text}ca=0\" or \"{text}ca=1&pathlength=0\"",
        inf_shown(item, shown));
    return false;
}

/* Its items, without blanks. */
static bool read_constraints(struct request_draft *draft, const struct inf_text *text, size_t from,
                             int *authority, int *path_length) {
    const char *chars = inf_text_chars(text);
    bool ok = true;
    while (ok && chars[from]) {
        size_t size = strcspn(chars + from, "&");
        struct buffer item = {0};
        for (size_t i = from; i < from + size; i++)
            if (chars[i] != ' ' && chars[i] != '\t')
                buffer_append(&item, chars + i, 1);
        if (item.failed)
            request_draft_fail(draft);
        else if (item.size > 0)
            ok = read_constraint(draft, text, from, item.data, authority, path_length);
        ok = ok && !item.failed;
        buffer_finish(&item);
        from += size;
        from += chars[from] == '&';
    }
    return ok;
}

void request_constraints_read(struct request_draft *draft,
                              const struct request_extension *extension, size_t from) {
    struct error err = {0};
    struct blob der = {0};
    int authority = -1, path_length = -1;
    struct inf_place place = inf_text_place(&extension->text, from);
    if (!read_constraints(draft, &extension->text, from, &authority, &path_length))
        return;
    if (authority < 0) {
        inf_mistake(draft->remarks, extension->place,
                    "the basic constraints do not say whether this is an authority: write "
                    "\"{text}ca=0\" or \"{text}ca=1\"");
        return;
    }
    if (!authority && path_length >= 0) {
        inf_warning(draft->remarks, place,
                    "a path length says something of authorities alone, and is left out: write "
                    "ca=0 alone");
        path_length = -1;
    }
    draft->is_authority = authority;
    draft->constraints_given = true;
    draft->constraints_place = extension->place;
    if (!cert_extension_basic_constraints(authority, path_length, &der, &err))
        request_draft_tell(draft, place, &err);
    else
        request_extension_set(draft, extension->oid, false, &der);
}
