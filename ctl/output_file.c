#include "ctl/output_file.h"

#include "platform/file.h"

#include <stdlib.h>

static enum ctl_exit refuse_existing(const char *path) {
    struct error err = {0};
    error_set(&err, ERROR_EXISTS,
              "%s is there already: --force overwrites it, --output names another file", path);
    return ctl_fail(&err);
}

enum ctl_exit output_file_check(const char *path, bool force) {
    struct file_identity there;
    struct error err = {0};
    if (!file_identify(path, &there, NULL))
        return CTL_FINE;
    if (there.is_regular)
        return force ? CTL_FINE : refuse_existing(path);
    /* Replacing a device by a file would be a surprise. */
    error_set(&err, ERROR_INPUT, "%s is %s: name a file", path,
              there.is_folder ? "a folder" : "no regular file");
    return ctl_fail(&err);
}

/* It may hold a key. What a process that lives is writing is left alone. */
static void sweep_beside(const char *path) {
    char *folder = path_folder(path);
    if (folder)
        file_sweep(folder);
    free(folder);
}

enum ctl_exit output_file_write(const char *path, const void *data, size_t size, unsigned mode,
                                bool force) {
    struct error err = {0};
    enum ctl_exit status = output_file_check(path, force);
    if (status != CTL_FINE)
        return status;
    sweep_beside(path);
    if (file_write(path, data, size, mode, force ? FILE_REPLACE : FILE_NEW_ONLY, &err))
        return CTL_FINE;
    return err.kind == ERROR_EXISTS ? refuse_existing(path) : ctl_fail_given(&err);
}
