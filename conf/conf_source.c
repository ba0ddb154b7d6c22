#include "conf/conf_source.h"

#include "platform/file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One file being joined. The lexical rules are those of libconfig's scanner.l. */
struct cursor {
    const char *at; /* NUL-terminated; the text holds no other NUL */
    struct conf_origin origin;
};

struct joiner {
    struct conf_source *out;
    struct string_list *files;
    struct conf_mistakes *mistakes;
    const char *folder;
    unsigned depth;
    bool after_text; /* the last token was a text */
};

static bool join_file(struct joiner *joiner, const char *name, const struct blob *bytes);

/* ---- writing ---- */

static bool add_origin(struct conf_source *out, struct conf_origin origin) {
    if ((out->origin_count & (out->origin_count - 1)) == 0) {
        size_t capacity = out->origin_count ? out->origin_count * 2 : 1;
        struct conf_origin *origins = realloc(out->origins, capacity * sizeof *origins);
        if (!origins)
            return false;
        out->origins = origins;
    }
    out->origins[out->origin_count++] = origin;
    return true;
}

/* Begins the token's line. libconfig has read the token behind a text before it notes where the
 * text stands, so that what can follow an element of an array shares its line. */
static bool begin_token(struct joiner *joiner, struct conf_origin origin, char first) {
    struct conf_source *out = joiner->out;
    bool same_line = joiner->after_text && (first == ',' || first == ']' || first == ')');
    joiner->after_text = false;
    if (same_line)
        return true;
    if (out->origin_count > 0)
        buffer_append_text(&out->text, "\n");
    if (out->text.size > CONF_SOURCE_LIMIT) {
        conf_mistake(joiner->mistakes, origin, "too long: with its inclusions beyond %d bytes",
                     CONF_SOURCE_LIMIT);
        return false;
    }
    if (!add_origin(out, origin)) {
        conf_out_of_memory(joiner->mistakes);
        return false;
    }
    return true;
}

static bool put(struct joiner *joiner, struct conf_origin origin, const char *token, size_t size) {
    if (!begin_token(joiner, origin, *token))
        return false;
    buffer_append(&joiner->out->text, token, size);
    return true;
}

/* ---- reading ---- */

/* Past blanks and comments. False after telling of a comment without end. */
static bool skip_blanks(struct joiner *joiner, struct cursor *cursor) {
    for (;;) {
        const char *at = cursor->at;
        if (*at == '\n')
            cursor->origin.line++;
        if (*at && strchr(" \t\r\n\f", *at)) {
            cursor->at++;
        } else if (*at == '#' || (at[0] == '/' && at[1] == '/')) {
            cursor->at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            if (!end) {
                conf_mistake(joiner->mistakes, cursor->origin,
                             "syntax error: the comment that begins here has no end (*/)");
                return false;
            }
            for (; at < end; at++)
                cursor->origin.line += *at == '\n';
            cursor->at = end + 2;
        } else {
            return true;
        }
    }
}

/* A text in quotation marks, as it stands; a line end within becomes \n to stay in one line. */
static bool take_text(struct joiner *joiner, struct cursor *cursor) {
    const struct conf_origin begin = cursor->origin;
    if (!begin_token(joiner, begin, '"'))
        return false;
    struct buffer *text = &joiner->out->text;
    buffer_append_text(text, "\"");
    const char *at = cursor->at + 1;
    while (*at && *at != '"') {
        size_t size = at[0] == '\\' && (at[1] == '\\' || at[1] == '"') ? 2 : 1;
        if (*at == '\n') {
            cursor->origin.line++;
            buffer_append_text(text, "\\n");
        } else if (at[0] == '\\' && at[1] == '\n') {
            buffer_append_text(text, "\\\\"); /* stands for itself, not for an escaped n */
        } else {
            buffer_append(text, at, size);
        }
        at += size;
    }
    if (!*at) {
        conf_mistake(joiner->mistakes, begin,
                     "syntax error: the text that begins here has no closing quotation mark");
        return false;
    }
    buffer_append_text(text, "\"");
    cursor->at = at + 1;
    joiner->after_text = true;
    return true;
}

static size_t digits(const char *at) {
    return strspn(at, "0123456789");
}

/* Length of the floating-point literal at `at`, 0 if there is none. */
static size_t float_length(const char *at) {
    size_t size = *at == '+' || *at == '-' ? 1 : 0;
    size_t whole = digits(at + size);
    size += whole;
    bool fraction = at[size] == '.';
    if (fraction)
        size += 1 + digits(at + size + 1);
    if (!fraction && whole == 0)
        return 0;
    bool exponent = false;
    if (at[size] == 'e' || at[size] == 'E') {
        size_t sign = at[size + 1] == '+' || at[size + 1] == '-' ? 1 : 0;
        size_t power = digits(at + size + 1 + sign);
        exponent = power > 0;
        if (exponent)
            size += 1 + sign + power;
    }
    return fraction || exponent ? size : 0;
}

/* Length of the integer literal at `at` without an L, 0 if there is none. */
static size_t integer_length(const char *at, int *base) {
    *base = 10;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && isxdigit((unsigned char)at[2])) {
        *base = 16;
        return 2 + strspn(at + 2, "0123456789abcdefABCDEF");
    }
    size_t sign = *at == '+' || *at == '-' ? 1 : 0;
    size_t count = digits(at + sign);
    return count > 0 ? sign + count : 0;
}

/* Gives the literal's whole value in libconfig's 64-bit form. Beyond 64 bits it becomes the
 * greatest or least number, which is out of every setting's range. */
static bool take_integer(struct joiner *joiner, struct cursor *cursor, size_t size, int base) {
    int64_t value = strtoll(cursor->at, NULL, base);
    cursor->at += size;
    for (int i = 0; i < 2 && *cursor->at == 'L'; i++)
        cursor->at++;
    if (!begin_token(joiner, cursor->origin, '0'))
        return false;
    buffer_printf(&joiner->out->text, "%" PRId64 "L", value);
    return true;
}

static bool is_name_begin(char c) {
    return isalpha((unsigned char)c) || c == '*';
}

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '*' || c == '_' || c == '-';
}

/* Anything that is no text: a name, a number, a mark, or what libconfig will refuse. */
static bool take_plain(struct joiner *joiner, struct cursor *cursor) {
    const char *at = cursor->at;
    int base = 10;
    size_t size = float_length(at);
    if (size == 0) {
        size = integer_length(at, &base);
        if (size > 0)
            return take_integer(joiner, cursor, size, base);
        if (is_name_begin(*at))
            while (is_name(at[size]))
                size++;
        while ((unsigned char)at[size] >= 0x80) /* whole characters, for the message */
            size++;
        if (size == 0)
            size = 1;
    }
    cursor->at += size;
    return put(joiner, cursor->origin, at, size);
}

/* ---- inclusions ---- */

/* Is this `@include "PATH"`? Then gives the path, newly allocated (NULL: out of memory), and moves
 * behind it. */
static bool take_inclusion(struct cursor *cursor, char **out) {
    static const char word[] = "@include";
    const char *at = cursor->at;
    if (strncmp(at, word, sizeof word - 1) != 0)
        return false;
    at += sizeof word - 1;
    size_t blanks = strspn(at, " \t");
    at += blanks;
    if (blanks == 0 || *at != '"')
        return false;
    struct buffer path = {0};
    for (at++; *at && *at != '"' && *at != '\n'; at++) {
        if (at[0] == '\\' && (at[1] == '\\' || at[1] == '"'))
            at++;
        buffer_append(&path, at, 1);
    }
    if (*at != '"') {
        buffer_finish(&path);
        return false;
    }
    cursor->at = at + 1;
    *out = buffer_take(&path);
    return true;
}

static bool join_inclusion(struct joiner *joiner, const struct cursor *from, const char *path) {
    bool ok = false;
    struct blob bytes = {0};
    struct error err = {0};
    char *name = path ? conf_source_path(joiner->folder, path) : NULL;
    if (!name) {
        conf_out_of_memory(joiner->mistakes);
        goto done;
    }
    if (joiner->depth >= CONF_INCLUDE_DEPTH) {
        conf_mistake(joiner->mistakes, from->origin,
                     "%s is included too deeply: at most %d files within each other; does one "
                     "include itself?",
                     name, CONF_INCLUDE_DEPTH);
        goto done;
    }
    if (!file_read(name, CONF_FILE_LIMIT, &bytes, NULL, &err)) {
        conf_mistake(joiner->mistakes, from->origin, "cannot include it: %s", err.text);
        goto done;
    }
    ok = join_file(joiner, name, &bytes);
done:
    blob_finish(&bytes);
    free(name);
    return ok;
}

static bool join_tokens(struct joiner *joiner, struct cursor *cursor) {
    for (;;) {
        if (!skip_blanks(joiner, cursor))
            return false;
        if (!*cursor->at)
            return true;
        char *path = NULL;
        bool ok;
        if (*cursor->at == '"')
            ok = take_text(joiner, cursor);
        else if (*cursor->at == '@' && take_inclusion(cursor, &path))
            ok = join_inclusion(joiner, cursor, path);
        else
            ok = take_plain(joiner, cursor);
        free(path);
        if (!ok)
            return false;
    }
}

static bool join_file(struct joiner *joiner, const char *name, const struct blob *bytes) {
    static const char utf8_mark[] = "\xEF\xBB\xBF";
    bool ok = false;
    struct buffer text = {0};
    if (!string_list_add(joiner->files, name)) {
        conf_out_of_memory(joiner->mistakes);
        return false;
    }
    struct conf_origin origin = {joiner->files->items[joiner->files->count - 1], 1};

    buffer_append(&text, bytes->data, bytes->size);
    if (text.failed) {
        conf_out_of_memory(joiner->mistakes);
        goto done;
    }
    size_t length = strlen(text.data);
    if (length < text.size) {
        for (const char *at = text.data; *at; at++)
            origin.line += *at == '\n';
        conf_mistake(joiner->mistakes, origin, "holds a NUL byte: is this a text file?");
        goto done;
    }
    bool marked = strncmp(text.data, utf8_mark, sizeof utf8_mark - 1) == 0;
    struct cursor cursor = {text.data + (marked ? sizeof utf8_mark - 1 : 0), origin};
    joiner->depth++;
    ok = join_tokens(joiner, &cursor);
    joiner->depth--;
    if (ok && joiner->depth == 0) {
        joiner->out->end = cursor.origin;
        if (length > 0 && text.data[length - 1] == '\n')
            joiner->out->end.line--;
    }
done:
    buffer_finish(&text);
    return ok;
}

/* ---- the whole ---- */

char *conf_source_path(const char *folder, const char *path) {
    if (path[0] == '/' || folder[0] == '\0')
        return strdup(path);
    return path_join(folder, path);
}

bool conf_source_join(const char *name, const struct blob *bytes, const char *folder,
                      struct string_list *files, struct conf_mistakes *mistakes,
                      struct conf_source *out) {
    *out = (struct conf_source){0};
    struct joiner joiner = {.out = out, .files = files, .mistakes = mistakes, .folder = folder};
    if (!join_file(&joiner, name, bytes))
        return false;
    buffer_append_text(&out->text, "\n");
    if (out->text.failed) {
        conf_out_of_memory(mistakes);
        return false;
    }
    return true;
}

void conf_source_finish(struct conf_source *source) {
    buffer_finish(&source->text);
    free(source->origins);
    *source = (struct conf_source){0};
}

struct conf_origin conf_source_origin(const struct conf_source *source, unsigned line) {
    if (line == 0 || line > source->origin_count)
        return source->end;
    return source->origins[line - 1];
}

char *conf_source_line(const struct conf_source *source, unsigned line) {
    if (line == 0 || line > source->origin_count)
        return NULL;
    const char *at = source->text.data;
    for (unsigned i = 1; i < line; i++)
        at = strchr(at, '\n') + 1;
    return strndup(at, strcspn(at, "\n"));
}
