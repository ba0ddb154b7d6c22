#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every folder above the last one, as the umask lets them be. */
static bool make_parents(char *path, struct error *err) {
    for (char *at = path + strspn(path, "/"); *at; at++) {
        if (*at != '/' || at[strspn(at, "/")] == '\0')
            continue;
        *at = '\0';
        int why = mkdir(path, 0755) == 0 ? 0 : errno;
        /* Where nothing can be made it may stand already; if not, its child fails. */
        if (why != 0 && why != EEXIST && why != EROFS && why != EACCES) {
            error_set_system(err, why, "folder %s cannot be made", path);
            return false;
        }
        *at = '/';
    }
    return true;
}

bool folder_make(const char *path, unsigned mode, struct error *err) {
    char *copy = strdup(path);
    if (!copy) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    bool ok = make_parents(copy, err);
    free(copy);
    if (!ok)
        return false;
    if (mkdir(path, mode) == 0) {
        if (chmod(path, mode) == 0)
            return true;
        error_set_system(err, errno, "folder %s", path);
        return false;
    }
    int why = errno;
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    if (why == EEXIST)
        error_set(err, ERROR_INPUT, "%s is there, but is no folder", path);
    else
        error_set_system(err, why, "folder %s cannot be made", path);
    return false;
}

/* Judges the first thing that exists on the way up from `path`. `found` is false if it is not
 * this one. */
static bool is_writable(const char *path, bool *found, struct error *err) {
    struct stat status;
    *found = true;
    int why = stat(path, &status) == 0 ? 0 : errno;
    if (why == ENOENT && lstat(path, &status) == 0) {
        /* A link that leads nowhere: no folder can be made in its place. Anything else was made
         * between the two looks. */
        why = S_ISLNK(status.st_mode) ? ENOENT : 0;
    } else if (why == ENOENT) {
        *found = false;
        return false;
    }
    if (why != 0) {
        error_set_system(err, why, "%s", path);
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        error_set(err, ERROR_INPUT, "%s is no folder", path);
        return false;
    }
    if (access(path, W_OK | X_OK) == 0)
        return true;
    error_set_system(err, errno, "%s cannot be written", path);
    return false;
}

bool folder_writable(const char *path, struct error *err) {
    bool ok = false, found = false;
    char *at = strdup(path);
    while (at && !(ok = is_writable(at, &found, err)) && !found) {
        char *parent = path_folder(at);
        free(at);
        at = parent;
    }
    if (!at)
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
    free(at);
    return ok;
}

bool folder_list(const char *path, bool (*visit)(void *context, const char *name), void *context,
                 struct error *err) {
    DIR *folder = opendir(path);
    if (!folder) {
        error_set_system(err, errno, "%s cannot be listed", path);
        return false;
    }
    bool go_on = true;
    int why = 0;
    while (go_on) {
        errno = 0;
        const struct dirent *entry =
            readdir(folder); /* NOLINT(concurrency-mt-unsafe): our stream */
        if (!entry) {
            why = errno;
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            go_on = visit(context, entry->d_name);
    }
    closedir(folder);
    if (why != 0)
        error_set_system(err, why, "%s cannot be listed", path);
    return why == 0;
}
