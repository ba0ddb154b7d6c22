/* Which names an entry can have: part of certs/store_change.h. */
#include "certs/store_change.h"

#include "base/utf8.h"
#include "certs/store_names.h"

#include <string.h>

enum { LONGEST = 200 };

/* The configuration means the local authority by it. */
static const char taken[] = "authority";

static bool wrong(struct error *err, const char *why) {
    error_set(err, ERROR_INPUT, "%s", why);
    return false;
}

/* Well-formed, and nothing that would not be seen on a terminal. */
static bool is_printable(const char *name) {
    struct buffer shown = {0};
    utf8_append_printable(&shown, name);
    bool ok = !shown.failed && shown.data && strcmp(shown.data, name) == 0;
    buffer_finish(&shown);
    return ok;
}

bool entry_name_check(const char *name, struct error *err) {
    if (name[0] == '\0')
        return wrong(err, "an entry's name must not be empty");
    if (strlen(name) > LONGEST)
        return wrong(err, "an entry's name has at most 200 octets");
    if (!is_printable(name))
        return wrong(err, "an entry's name is of printable characters in UTF-8");
    if (strchr(name, '/'))
        return wrong(err, "an entry's name must not have a \"/\"");
    if (name[0] == '.')
        return wrong(err, "an entry's name must not begin with a dot: such files are passed over");
    if (strcmp(name, taken) == 0)
        return wrong(err, "\"authority\" means the local authority: give the entry another name");
    enum store_role role = store_name_read(name).role;
    if (role == STORE_PASSED_OVER)
        return wrong(err,
                     "an entry's name must not end with \"~\", \".tmp\", \".swp\" or \".bak\": "
                     "such files are passed over");
    if (role != STORE_FOLDER)
        return wrong(err, "an entry's name stands without its file's ending, as \".pem\"");
    return true;
}

/* ---- a name from any text ---- */

/* Other characters mean something to a shell, to Windows or in a path. */
static bool is_safe(char c) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               " -_.@+,()=";
    return c != '\0' && strchr(safe, c);
}

static void append_safe(struct buffer *out, const char *text) {
    uint32_t point;
    while (*text && !out->failed) {
        char character[8] = "";
        size_t size = utf8_read(text, &point);
        memcpy(character, text, size);
        bool is_kept = size > 1 ? is_printable(character) : size == 1 && is_safe(*text);
        if (out->size + size > LONGEST)
            return;
        if (is_kept)
            buffer_append(out, text, size);
        else
            buffer_append_text(out, "_");
        text += size ? size : 1;
    }
}

/* A dot at the end is that of a host name in full. */
static void drop_end(struct buffer *name) {
    while (name->size > 0 && strchr(" .", name->data[name->size - 1]))
        name->data[--name->size] = '\0';
}

/* "server.pem" would be taken for a file of "server". */
static void disarm_ending(struct buffer *name) {
    for (;;) {
        char *dot = name->size > 0 ? strrchr(name->data, '.') : NULL;
        if (!dot || store_name_read(name->data).role == STORE_FOLDER)
            return;
        *dot = '_';
    }
}

char *entry_name_from(const char *text) {
    struct buffer name = {0};
    append_safe(&name, text + strspn(text, " "));
    drop_end(&name);
    if (name.size > 0 && name.data[0] == '.')
        name.data[0] = '_';
    disarm_ending(&name);
    if (name.size == 0)
        buffer_append_text(&name, "certificate");
    if (name.data && strcmp(name.data, taken) == 0)
        buffer_append_text(&name, "_");
    return buffer_take(&name);
}
