#include "platform/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct watched {
    char *folder; /* owned */
    dev_t device;
    ino_t inode;
    int descriptor;
};

/* Sorted by the folder's name. Two names of one folder share a descriptor. */
struct watched_list {
    struct watched *items;
    size_t count;
};

struct watch {
    int inotify; /* -1: the system gives none */
    struct loop_source *source;
    void (*changed)(void *context);
    void *context;
    struct watched_list watched;
    struct error gap; /* of kind ERROR_NONE if every folder is watched */
};

/* An overflow of the queue and the end of a watch come as events like any other. */
static void on_events(void *context) {
    enum { MOST_READS = 64 }; /* a flood must not keep the loop from everything else */
    struct watch *watch = context;
    _Alignas(struct inotify_event) char events[16384];
    bool any = false;
    for (int i = 0; i < MOST_READS && read(watch->inotify, events, sizeof events) > 0; i++)
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
    if (watch->inotify < 0)
        error_set_system(&watch->gap, errno, "no folder is watched");
    else if (!loop_source_create(loop, watch->inotify, on_events, watch, &watch->source, err)) {
        watch_destroy(watch);
        return false;
    }
    *out = watch;
    return true;
}

static void finish_list(struct watched_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].folder);
    free(list->items);
    *list = (struct watched_list){0};
}

void watch_destroy(struct watch *watch) {
    if (!watch)
        return;
    loop_source_destroy(watch->source);
    finish_list(&watch->watched);
    if (watch->inotify >= 0)
        close(watch->inotify);
    free(watch);
}

static int compare_texts(const void *left, const void *right) {
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static int compare_folders(const void *left, const void *right) {
    const struct watched *a = left, *b = right;
    return strcmp(a->folder, b->folder);
}

static int compare_numbers(const void *left, const void *right) {
    const int *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Was it watched before, as the same folder by the same watch? Device and inode tell another folder
 * of the same name. The descriptor tells a folder that was removed and has come back with the same
 * inode: with the removal the kernel dropped the watch. */
static bool is_known(const struct watched_list *before, const struct watched *now) {
    const struct watched *known = before->count == 0 ? NULL
                                                     : bsearch(now, before->items, before->count,
                                                               sizeof *now, compare_folders);
    return known && known->device == now->device && known->inode == now->inode &&
           known->descriptor == now->descriptor;
}

/* Adds the folder to the list, unless it does not exist. */
static bool add_folder(struct watch *watch, const char *folder, struct watched_list *list) {
    enum {
        EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY |
                 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
    };
    struct stat status;
    if (stat(folder, &status) != 0)
        return true;
    int descriptor = inotify_add_watch(watch->inotify, folder, EVENTS);
    if (descriptor < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            error_set_system(&watch->gap, errno, "folder %s is not watched", folder);
        return true;
    }
    struct watched *item = &list->items[list->count];
    *item = (struct watched){strdup(folder), status.st_dev, status.st_ino, descriptor};
    if (!item->folder)
        return false;
    list->count++;
    return true;
}

/* Watches every folder that exists. */
static bool add_all(struct watch *watch, const struct string_list *folders,
                    struct watched_list *out) {
    struct watched_list list = {.items = calloc(folders->count + 1, sizeof *list.items)};
    const char **names = calloc(folders->count + 1, sizeof *names);
    bool ok = list.items && names;
    for (size_t i = 0; ok && i < folders->count; i++)
        names[i] = folders->items[i];
    if (ok)
        qsort(names, folders->count, sizeof *names, compare_texts);
    for (size_t i = 0; ok && i < folders->count; i++)
        if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
            ok = add_folder(watch, names[i], &list);
    free(names);
    if (!ok) {
        finish_list(&list);
        return false;
    }
    *out = list;
    return true;
}

/* Ends every watch of `before` that `now` does without; true if there was one. */
static bool remove_others(const struct watch *watch, const struct watched_list *before,
                          const struct watched_list *now) {
    int *kept = calloc(now->count + 1, sizeof *kept);
    bool any = false;
    if (!kept)
        return false; /* a watch too many only says "look again" once too often */
    for (size_t i = 0; i < now->count; i++)
        kept[i] = now->items[i].descriptor;
    qsort(kept, now->count, sizeof *kept, compare_numbers);
    for (size_t i = 0; i < before->count; i++) {
        const int *descriptor = &before->items[i].descriptor;
        if (bsearch(descriptor, kept, now->count, sizeof *kept, compare_numbers))
            continue;
        inotify_rm_watch(watch->inotify, *descriptor); /* fails where the kernel already did */
        any = true;
    }
    free(kept);
    return any;
}

bool watch_set(struct watch *watch, const struct string_list *folders) {
    struct watched_list now;
    if (watch->inotify < 0)
        return false;
    watch->gap = (struct error){0};
    if (!add_all(watch, folders, &now)) {
        error_set(&watch->gap, ERROR_MEMORY, "some folders are not watched: out of memory");
        return false;
    }
    bool differs = remove_others(watch, &watch->watched, &now);
    for (size_t i = 0; i < now.count && !differs; i++)
        differs = !is_known(&watch->watched, &now.items[i]);
    finish_list(&watch->watched);
    watch->watched = now;
    return differs;
}

bool watch_is_complete(const struct watch *watch, struct error *err) {
    if (watch->gap.kind == ERROR_NONE)
        return true;
    error_set(err, watch->gap.kind, "%s", watch->gap.text);
    return false;
}
