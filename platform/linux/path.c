#include "platform/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *path_join(const char *folder, const char *name) {
    char *path;
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    return asprintf(&path, "%s%s%s", folder, slash ? "" : "/", name) < 0 ? NULL : path;
}

char *path_absolute(const char *path) {
    char folder[PATH_MAX];
    if (path[0] == '/')
        return strdup(path);
    return getcwd(folder, sizeof folder) ? path_join(folder, path) : NULL;
}

char *path_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* ---- where links lead ---- */

/* On the way along a path. */
struct walk {
    char here[PATH_MAX]; /* the folder reached: absolute, no links in it; "" is the root */
    char *text;          /* owned: what `left` points into */
    const char *left;    /* what is still to go */
    int links;           /* followed so far */
};

static void step_up(struct walk *walk) {
    char *slash = strrchr(walk->here, '/');
    if (slash)
        *slash = '\0';
}

static bool step_down(struct walk *walk, const char *name, size_t size) {
    size_t length = strlen(walk->here);
    if (length + 1 + size >= sizeof walk->here)
        return false;
    walk->here[length] = '/';
    memcpy(walk->here + length + 1, name, size);
    walk->here[length + 1 + size] = '\0';
    return true;
}

/* Goes on with what the link says, from the folder it stands in. */
static bool follow(struct walk *walk, const char *target) {
    enum { MOST_LINKS = 40 }; /* as the kernel */
    char *next;
    if (++walk->links > MOST_LINKS || asprintf(&next, "%s/%s", target, walk->left) < 0)
        return false;
    if (target[0] == '/')
        walk->here[0] = '\0';
    free(walk->text);
    walk->text = next;
    walk->left = next;
    return true;
}

/* Past everything that stays where it is: slashes and ".". */
static const char *skip_standing_still(const char *at) {
    while (at[0] == '/' || (at[0] == '.' && (at[1] == '/' || at[1] == '\0')))
        at++;
    return at;
}

/* Takes the next name off the way; false at its end. */
static bool next_name(struct walk *walk, const char **name, size_t *size) {
    *name = skip_standing_still(walk->left);
    *size = strcspn(*name, "/");
    walk->left = *name + *size;
    return *size > 0;
}

static bool is_at_end(const struct walk *walk) {
    return *skip_standing_still(walk->left) == '\0';
}

void file_trail(const char *path, void (*visit)(void *context, const char *folder), void *context) {
    struct walk walk = {.text = path_absolute(path)};
    const char *name;
    size_t size;
    walk.left = walk.text;
    while (walk.left && next_name(&walk, &name, &size)) {
        if (size == 2 && memcmp(name, "..", 2) == 0) {
            step_up(&walk);
            continue;
        }
        if (!step_down(&walk, name, size))
            break;
        char target[PATH_MAX];
        ssize_t got = readlink(walk.here, target, sizeof target - 1);
        int why = got < 0 ? errno : 0;
        if (why == EINVAL && !is_at_end(&walk))
            continue; /* there, and no link */
        step_up(&walk);
        if (why == ENOTDIR)
            step_up(&walk); /* what stands in the way of a folder */
        visit(context, walk.here[0] ? walk.here : "/");
        if (why != 0)
            break; /* arrived, or what is missing would appear here */
        target[got] = '\0';
        if (!follow(&walk, target))
            break;
    }
    free(walk.text);
}
