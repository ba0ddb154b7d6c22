#include "trust/deployment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void deployment_files_finish(struct deployment_files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].path);
        blob_finish(&files->items[i].content);
    }
    free(files->items);
    *files = (struct deployment_files){0};
}

/* Where `path` belongs: before the first that is greater. */
static size_t place_of(const struct deployment_files *files, const char *path) {
    size_t place = 0;
    while (place < files->count && strcmp(files->items[place].path, path) < 0)
        place++;
    assert(place == files->count || strcmp(files->items[place].path, path) != 0);
    return place;
}

bool deployment_add(struct deployment_files *files, const char *path, unsigned mode,
                    const void *data, size_t size, struct error *err) {
    struct deployment_file file = {.path = strdup(path), .mode = mode};
    struct deployment_file *items = realloc(files->items, (files->count + 1) * sizeof *items);
    if (items)
        files->items = items;
    if (!items || !file.path || !blob_copy(data, size, &file.content)) {
        free(file.path);
        error_set(err, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    size_t place = place_of(files, path);
    memmove(&items[place + 1], &items[place], (files->count - place) * sizeof *items);
    items[place] = file;
    files->count++;
    return true;
}

bool deployment_make(const struct deployment *deployment, struct deployment_files *out,
                     struct error *err) {
    static bool (*const parts[])(const struct deployment *, struct deployment_files *,
                                 struct error *) = {
        deployment_windows, deployment_apple, deployment_firefox,
        deployment_linux,   deployment_java,  deployment_readme,
    };
    struct deployment_files files = {0};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i](deployment, &files, err)) {
            deployment_files_finish(&files);
            return false;
        }
    *out = files;
    return true;
}
