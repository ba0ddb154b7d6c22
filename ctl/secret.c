#include "ctl/secret.h"

#include "base/utf8.h"
#include "platform/file.h"
#include "platform/process.h"
#include "platform/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_LIMIT = 4096, OPTION_SIZE = 32 };

/* What was given for "--password-file" or "--password-fd". */
static const char *given(const struct ctl *ctl, const char *word, const char *ending) {
    char option[OPTION_SIZE];
    snprintf(option, sizeof option, "--%s-%s", word, ending);
    return ctl_value(ctl, option);
}

/* To its end; also a pipe, as shells make them of <(command). `from` names it in messages. */
static bool read_stream(FILE *stream, const char *from, const char *word, struct blob *out,
                        struct error *err) {
    bool ok = false;
    char text[SECRET_LIMIT + 1];
    setvbuf(stream, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
    size_t size = fread(text, 1, sizeof text, stream);
    if (ferror(stream)) {
        error_set_system(err, errno, "%s: the %s cannot be read", from, word);
        goto done;
    }
    if (size > SECRET_LIMIT) {
        error_set(err, ERROR_INPUT, "%s: it holds more than the %d octets a %s may have", from,
                  SECRET_LIMIT, word);
        goto done;
    }
    const char *line = utf8_line(text, &size);
    if (memchr(line, '\0', size)) {
        error_set(err, ERROR_INPUT, "%s: the %s holds a zero octet: save it as UTF-8 text", from,
                  word);
        goto done;
    }
    ok = blob_copy(line, size, out) || error_no_memory(err);
done:
    memory_wipe(text, sizeof text);
    return ok;
}

static bool read_file(const char *path, const char *word, struct blob *out, struct error *err) {
    struct file_identity identity;
    FILE *stream = fopen(path, "rbe");
    if (!stream) {
        error_set_system(err, errno, "%s: the %s cannot be read", path, word);
        return false;
    }
    if (file_identify(path, &identity, NULL) && identity.is_regular &&
        file_readable_by_all(&identity))
        ctl_warn("warning: everyone can read the %s in %s: chmod 600 it", word, path);
    bool ok = read_stream(stream, path, word, out, err);
    fclose(stream);
    return ok;
}

/* -1: it is none. */
static int descriptor_of(const char *number) {
    char *end = NULL;
    errno = 0;
    long descriptor = strtol(number, &end, 10);
    bool is_number = number[0] >= '0' && number[0] <= '9' && *end == '\0' && errno == 0;
    return is_number && descriptor <= INT_MAX ? (int)descriptor : -1;
}

bool secret_check_descriptor(const char *number, struct error *err) {
    int descriptor = descriptor_of(number);
    if (descriptor >= 0 && process_has_descriptor(descriptor))
        return true;
    error_set(err, ERROR_INPUT,
              descriptor < 0
                  ? "it is no descriptor: give its number, as in \"3\", and open it: \"3<FILE\""
                  : "no such descriptor is open: open it, as in \"%s<FILE\"",
              number);
    return false;
}

static bool read_descriptor(const char *number, const char *word, struct blob *out,
                            struct error *err) {
    char from[OPTION_SIZE];
    int descriptor = descriptor_of(number);
    snprintf(from, sizeof from, "descriptor %d", descriptor);
    FILE *stream = fdopen(descriptor, "rb");
    if (!stream) {
        error_set_system(err, errno, "%s: the %s cannot be read", from, word);
        return false;
    }
    bool ok = read_stream(stream, from, word, out, err);
    fclose(stream);
    return ok;
}

/* A second time, since nobody sees what was typed. */
static bool ask_again(const char *word, const struct blob *first, struct error *err) {
    struct blob second = {0};
    char prompt[OPTION_SIZE];
    snprintf(prompt, sizeof prompt, "The same %s again: ", word);
    if (!terminal_ask_secret(prompt, &second, err))
        return false;
    bool same = blob_equal(first, &second);
    blob_wipe(&second);
    if (!same)
        error_set(err, ERROR_INPUT, "the two %ss differ: try again", word);
    return same;
}

bool secret_get(const struct ctl *ctl, const char *word, const char *prompt, bool twice,
                struct blob *out, struct error *err) {
    const char *file = given(ctl, word, "file"), *descriptor = given(ctl, word, "fd");
    if (file)
        return read_file(file, word, out, err);
    if (descriptor)
        return read_descriptor(descriptor, word, out, err);
    if (!terminal_is_there()) {
        error_set(err, ERROR_MISSING,
                  "a %s is needed, and there is no terminal to ask on: give --%s-file FILE or "
                  "--%s-fd N",
                  word, word, word);
        return false;
    }
    struct blob answer = {0};
    if (!terminal_ask_secret(prompt, &answer, err))
        return false;
    if (twice && !ask_again(word, &answer, err)) {
        blob_wipe(&answer);
        return false;
    }
    *out = answer;
    return true;
}
