#include "platform/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Watch descriptors, sorted, each once. One stands for the folder itself, not for its name: two
 * names of one folder give the same; a folder that was removed and made again, or replaced by
 * another of its name, gives a new one, since with the removal the kernel drops the watch. */
struct descriptors {
    int *items;
    size_t count;
};

struct watch {
    int inotify; /* -1: the system gives none */
    struct loop_source *source;
    void (*changed)(void *context);
    void *context;
    struct descriptors watched;
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

void watch_destroy(struct watch *watch) {
    if (!watch)
        return;
    loop_source_destroy(watch->source);
    free(watch->watched.items);
    if (watch->inotify >= 0)
        close(watch->inotify);
    free(watch);
}

static int compare_numbers(const void *left, const void *right) {
    const int *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static bool has(const struct descriptors *list, int descriptor) {
    return bsearch(&descriptor, list->items, list->count, sizeof descriptor, compare_numbers);
}

/* The folder's descriptor, or -1. */
static int add_folder(struct watch *watch, const char *folder) {
    enum {
        EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY |
                 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
    };
    int descriptor = inotify_add_watch(watch->inotify, folder, EVENTS);
    if (descriptor < 0 && errno != ENOENT && errno != ENOTDIR)
        error_set_system(&watch->gap, errno, "folder %s is not watched", folder);
    return descriptor;
}

static void sort_unique(struct descriptors *list) {
    size_t kept = 0;
    qsort(list->items, list->count, sizeof *list->items, compare_numbers);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || list->items[kept - 1] != list->items[i])
            list->items[kept++] = list->items[i];
    list->count = kept;
}

bool watch_set(struct watch *watch, const struct string_list *folders) {
    if (watch->inotify < 0)
        return false;
    watch->gap = (struct error){0};
    struct descriptors before = watch->watched,
                       now = {.items = calloc(folders->count + 1, sizeof *now.items)};
    if (!now.items) {
        error_set(&watch->gap, ERROR_MEMORY, "some folders are not watched: out of memory");
        return false;
    }
    for (size_t i = 0; i < folders->count; i++) {
        int descriptor = add_folder(watch, folders->items[i]);
        if (descriptor >= 0)
            now.items[now.count++] = descriptor;
    }
    sort_unique(&now);
    size_t common = 0;
    for (size_t i = 0; i < before.count; i++)
        if (has(&now, before.items[i]))
            common++;
        else
            inotify_rm_watch(watch->inotify, before.items[i]); /* fails where the kernel has */
    free(before.items);
    watch->watched = now;
    return common != before.count || common != now.count;
}

bool watch_is_complete(const struct watch *watch, struct error *err) {
    if (watch->gap.kind == ERROR_NONE)
        return true;
    error_set(err, watch->gap.kind, "%s", watch->gap.text);
    return false;
}
