#include "certs/password.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

bool password_read(const struct cert_file *file, struct password *out, struct error *err) {
    struct password password = {.name = file->name};
    if (!file->data) {
        *out = password;
        return true;
    }
    size_t size = file->size;
    const char *text = utf8_line(file->data, &size);
    if (memchr(text, '\0', size)) {
        error_set(err, ERROR_INPUT,
                  "%s: the password holds a zero octet: save the file as UTF-8 text",
                  password.name);
        return false;
    }
    password.text = malloc(size + 1);
    if (!password.text) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    memcpy(password.text, text, size);
    password.text[size] = '\0';
    *out = password;
    return true;
}

void password_finish(struct password *password) {
    if (password->text)
        memory_wipe(password->text, strlen(password->text));
    free(password->text);
    *password = (struct password){0};
}

void password_explain(const struct password *password, const char *what, struct error *err) {
    if (password->is_asked_for)
        error_set(err, ERROR_PERMISSION, "%s %s", what,
                  password->text ? "does not open with that password"
                                 : "is encrypted: its password is needed");
    else if (password->text)
        error_set(err, ERROR_INPUT,
                  "%s does not open with the password in %s: put the right one into it", what,
                  password->name);
    else if (password->name)
        error_set(err, ERROR_INPUT, "%s is encrypted: put its password into %s", what,
                  password->name);
    else
        error_set(err, ERROR_INPUT,
                  "%s is encrypted, and there is no way to give its password here: decrypt it",
                  what);
}
