#include "platform/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct watched {
    char *folder;
    dev_t device;
    ino_t inode;
    int descriptor;
};

struct watch {
    int inotify;
    struct loop_source *source;
    void (*changed)(void *context);
    void *context;
    struct watched *watched;
    size_t count;
};

static void on_events(void *context) {
    struct watch *watch = context;
    _Alignas(struct inotify_event) char events[16384];
    bool any = false;
    while (read(watch->inotify, events, sizeof events) > 0)
        any = true;
    if (any)
        watch->changed(watch->context);
}

bool watch_create(struct loop *loop, void (*changed)(void *context), void *context,
                  struct watch **out, struct error *err) {
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        error_set(err, ERROR_MEMORY, "watch: out of memory");
        return false;
    }
    watch->changed = changed;
    watch->context = context;
    watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->inotify < 0) {
        /* None to be had: the slow poll sees every change all the same. */
        *out = watch;
        return true;
    }
    if (!loop_source_create(loop, watch->inotify, on_events, watch, &watch->source, err)) {
        watch_destroy(watch);
        return false;
    }
    *out = watch;
    return true;
}

static void forget_all(struct watch *watch) {
    for (size_t i = 0; i < watch->count; i++)
        free(watch->watched[i].folder);
    free(watch->watched);
    watch->watched = NULL;
    watch->count = 0;
}

void watch_destroy(struct watch *watch) {
    if (!watch)
        return;
    loop_source_destroy(watch->source);
    forget_all(watch);
    if (watch->inotify >= 0)
        close(watch->inotify);
    free(watch);
}

static const struct watched *find(const struct watched *list, size_t count, const char *folder,
                                  const struct stat *status) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].folder, folder) == 0 && list[i].device == status->st_dev &&
            list[i].inode == status->st_ino)
            return &list[i];
    return NULL;
}

static bool has_descriptor(const struct watched *list, size_t count, int descriptor) {
    for (size_t i = 0; i < count; i++)
        if (list[i].descriptor == descriptor)
            return true;
    return false;
}

bool watch_set(struct watch *watch, const struct string_list *folders) {
    enum {
        EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY |
                 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
    };
    if (watch->inotify < 0)
        return false;
    struct watched *list = calloc(folders->count + 1, sizeof *list);
    size_t count = 0;
    bool differs = false;
    if (!list)
        return false;
    for (size_t i = 0; i < folders->count; i++) {
        struct stat status;
        const char *folder = folders->items[i];
        if (stat(folder, &status) != 0 || find(list, count, folder, &status))
            continue;
        const struct watched *before = find(watch->watched, watch->count, folder, &status);
        /* Also where it is watched already: after its removal the kernel has dropped the watch. */
        int descriptor = inotify_add_watch(watch->inotify, folder, EVENTS);
        char *copy = descriptor < 0 ? NULL : strdup(folder);
        if (!copy)
            continue;
        differs |= !before || before->descriptor != descriptor;
        list[count++] = (struct watched){copy, status.st_dev, status.st_ino, descriptor};
    }
    for (size_t i = 0; i < watch->count; i++)
        if (!has_descriptor(list, count, watch->watched[i].descriptor)) {
            inotify_rm_watch(watch->inotify, watch->watched[i].descriptor);
            differs = true;
        }
    forget_all(watch);
    watch->watched = list;
    watch->count = count;
    return differs;
}
