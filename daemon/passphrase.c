#include "daemon/passphrase.h"

#include "base/utf8.h"
#include "platform/file.h"
#include "platform/service.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIAL "authority-passphrase"

enum { PASSPHRASE_LIMIT = 4096 };

void passphrase_finish(struct passphrase *passphrase) {
    if (passphrase->text)
        memory_wipe(passphrase->text, strlen(passphrase->text));
    free(passphrase->text);
    free(passphrase->file);
    *passphrase = (struct passphrase){0};
}

/* Gives NULL where there is no such credential. */
static bool find_credential(char **out, struct error *err) {
    char *path = NULL;
    struct file_identity identity;
    if (!service_credential(CREDENTIAL, &path, err))
        return false;
    if (path && !file_identify(path, &identity, NULL)) {
        free(path);
        path = NULL;
    }
    *out = path;
    return true;
}

/* The bytes have a NUL behind them. */
static bool take(const struct blob *bytes, const char *path, struct passphrase *out,
                 struct error *err) {
    size_t size = bytes->size;
    const char *line = utf8_line((const char *)bytes->data, &size);
    if (size == 0 || memchr(line, '\0', size)) {
        error_set(err, ERROR_PERMISSION, "%s holds no passphrase of the local authority's key",
                  path);
        return false;
    }
    out->text = strndup(line, size);
    if (!out->text)
        error_set(err, ERROR_MEMORY, "out of memory");
    return out->text != NULL;
}

/* Takes the path. */
static bool read_file(char *path, struct passphrase *out, struct error *err) {
    struct passphrase found = {.file = path};
    struct blob bytes = {0};
    struct file_identity identity;
    bool ok = file_read(path, PASSPHRASE_LIMIT, &bytes, &identity, err);
    if (!ok) {
        error_prefix(err, "the passphrase of the local authority's key");
        err->kind = ERROR_PERMISSION;
    } else if (file_readable_by_all(&identity)) {
        error_set(err, ERROR_PERMISSION,
                  "everyone can read the passphrase of the local authority's key; mend: chmod 600 "
                  "%s",
                  path);
        ok = false;
    } else {
        ok = take(&bytes, path, &found, err);
    }
    blob_wipe(&bytes);
    if (ok)
        *out = found;
    else
        passphrase_finish(&found);
    return ok;
}

bool passphrase_find(const char *configured, struct passphrase *out, struct error *err) {
    char *path = NULL;
    if (configured && !(path = strdup(configured))) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    if (!path && !find_credential(&path, err))
        return false;
    if (path)
        return read_file(path, out, err);
    error_set(err, ERROR_PERMISSION,
              "the key of the local authority is encrypted, and its passphrase is nowhere: name "
              "the file that has it in authority.passphrase_file, or hand it over as the "
              "credential " CREDENTIAL " (LoadCredential= in systemd.exec(5))");
    return false;
}
