#include "ctl/given_files.h"

#include "ctl/secret.h"
#include "platform/file.h"

#include <stdio.h>

enum { PROMPT_SIZE = 300 };

/* With the password that another file had, or one that is asked for now; `known` keeps it. */
static bool add_with_password(const struct ctl *ctl, struct cert_gathering *gathering,
                              const struct cert_file *file, struct blob *known, struct error *err) {
    char prompt[PROMPT_SIZE];
    struct blob password = {0};
    if (known->data) {
        bool ok = cert_gathering_add(gathering, file, (const char *)known->data, err);
        /* What the options say does not change from file to file. */
        if (ok || err->kind != ERROR_PERMISSION || ctl_has(ctl, "--password-file") ||
            ctl_has(ctl, "--password-fd"))
            return ok;
    }
    snprintf(prompt, sizeof prompt, "Password of %s: ", file->name);
    if (!secret_get(ctl, "password", prompt, false, &password, err)) {
        error_prefix(err, "%s is encrypted", file->name);
        return false;
    }
    blob_wipe(known);
    *known = password;
    return cert_gathering_add(gathering, file, (const char *)known->data, err);
}

static bool add_file(const struct ctl *ctl, bool may_ask, struct cert_gathering *gathering,
                     const char *path, struct blob *password, struct error *err) {
    struct blob content = {0};
    struct file_identity identity;
    if (!file_read(path, CERT_FILE_LIMIT, &content, &identity, err))
        return false;
    const struct cert_file file = {path, content.data, content.size};
    bool ok = cert_gathering_add(gathering, &file, NULL, err);
    if (!ok && err->kind == ERROR_PERMISSION && may_ask)
        ok = add_with_password(ctl, gathering, &file, password, err);
    blob_wipe(&content);
    return ok;
}

enum ctl_exit given_files_gather(const struct ctl *ctl, bool may_ask, struct cert_gathering **out) {
    struct cert_gathering *gathering = NULL;
    struct blob password = {0};
    struct error err = {0};
    bool ok = cert_gathering_create(&gathering, &err);
    for (size_t i = 0; ok && i < ctl->argument_count; i++)
        ok = add_file(ctl, may_ask, gathering, ctl->arguments[i], &password, &err);
    blob_wipe(&password);
    if (!ok) {
        cert_gathering_destroy(gathering);
        return ctl_fail_given(&err);
    }
    *out = gathering;
    return CTL_FINE;
}
