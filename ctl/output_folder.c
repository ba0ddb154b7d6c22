#include "ctl/output_folder.h"

#include "base/utf8.h"
#include "platform/held_folder.h"

#include <stdlib.h>
#include <string.h>

/* What is written, and where: everything is made under `temporary`, which then takes its place. */
struct output {
    const struct output_entry *entries;
    size_t count;
    char *path, *name; /* absolute, and its last part */
    struct held_folder *parent;
    char temporary[FILE_TEMPORARY_SIZE];
    char *made; /* the temporary one's path */
};

static void output_finish(struct output *output) {
    free(output->path);
    free(output->name);
    free(output->made);
    held_folder_close(output->parent);
}

static bool find_place(const char *given, struct output *output, struct error *err) {
    output->path = path_absolute(given);
    size_t size = output->path ? strlen(output->path) : 0;
    while (size > 1 && output->path[size - 1] == '/')
        output->path[--size] = '\0';
    const char *slash = output->path ? strrchr(output->path, '/') : NULL;
    if (!slash)
        return error_no_memory(err);
    const char *name = slash + 1;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        error_set(err, ERROR_INPUT, "%s is no name for a new folder", given);
        return false;
    }
    output->name = strdup(name);
    char *above = path_folder(output->path);
    bool ok = output->name && above;
    ok = ok ? held_folder_open(above, &output->parent, err) : error_no_memory(err);
    free(above);
    return ok;
}

/* ---- what is there already ---- */

struct look {
    const struct output *output;
    bool any;
    char *strange; /* a name that an earlier run cannot have written; owned */
    bool failed;
};

static bool is_at_the_top(const struct output *output, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < output->count; i++)
        if (strncmp(output->entries[i].path, name, size) == 0 &&
            strchr("/", output->entries[i].path[size]))
            return true;
    return false;
}

static bool look_at(void *context, const char *name) {
    struct look *look = context;
    look->any = true;
    if (is_at_the_top(look->output, name))
        return true;
    look->strange = strdup(name);
    look->failed = !look->strange;
    return false;
}

static bool may_replace_content(const struct output *output, const struct look *look, bool force,
                                struct error *err) {
    if (look->failed)
        return error_no_memory(err);
    if (look->any && !force)
        error_set(err, ERROR_EXISTS,
                  "%s is there already and not empty: --force replaces it, --output names another",
                  output->path);
    else if (look->strange) {
        struct buffer name = {0};
        utf8_append_printable(&name, look->strange);
        error_set(err, ERROR_EXISTS,
                  "%s holds \"%s\", which no deployment has: it is not replaced; --output names "
                  "another folder",
                  output->path, name.data ? name.data : "?");
        buffer_finish(&name);
    } else
        return true;
    return false;
}

static bool may_replace(const struct output *output, bool force, struct held_file *there,
                        struct error *err) {
    struct error missing = {0};
    struct look look = {.output = output};
    if (!held_folder_look(output->parent, output->name, there, &missing)) {
        if (missing.kind == ERROR_MISSING)
            return true;
        *err = missing;
        return false;
    }
    if (!there->is_folder) {
        error_set(err, ERROR_EXISTS, "%s is no folder: give a folder, or a file that ends in .zip",
                  output->path);
        return false;
    }
    bool ok = folder_list(output->path, look_at, &look, err) &&
              may_replace_content(output, &look, force, err);
    free(look.strange);
    return ok;
}

/* ---- making it ---- */

/* The folder of an entry, each one on the way to it for everybody to read. */
static bool open_folder(const struct output *output, const char *path, struct held_folder **out,
                        struct error *err) {
    struct held_folder *folder = NULL;
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        struct buffer name = {0};
        buffer_printf(&name, "%s%s%.*s", output->made, slash > path ? "/" : "", (int)(slash - path),
                      path);
        held_folder_close(folder);
        bool ok = !name.failed || error_no_memory(err);
        ok = ok && held_folder_make(name.data, 0755, &folder, err);
        buffer_finish(&name);
        if (!ok)
            return false;
    }
    *out = folder;
    return true;
}

static bool write_entry(const struct output *output, const struct output_entry *entry,
                        struct error *err) {
    struct held_folder *folder = NULL;
    const char *slash = strrchr(entry->path, '/');
    if (!open_folder(output, entry->path, &folder, err))
        return false;
    bool ok = held_folder_create(folder, slash ? slash + 1 : entry->path, entry->content->data,
                                 entry->content->size, entry->mode, err) &&
              held_folder_sync(folder, err);
    held_folder_close(folder);
    return ok;
}

static bool write_all(struct output *output, struct error *err) {
    if (!file_temporary_name(output->temporary, err))
        return false;
    output->made = path_join(held_folder_path(output->parent), output->temporary);
    if (!output->made)
        return error_no_memory(err);
    for (size_t i = 0; i < output->count; i++)
        if (!write_entry(output, &output->entries[i], err))
            return false;
    return true;
}

/* Nobody knows the temporary one: what cannot be written is what was asked for. */
static void name_as_given(const struct output *output, struct error *err) {
    const struct error told = *err;
    const char *at = output->made ? strstr(told.text, output->made) : NULL;
    if (at)
        error_set(err, told.kind, "%.*s%s%s", (int)(at - told.text), told.text, output->path,
                  at + strlen(output->made));
}

/* What it replaces gets the temporary name, and goes. */
static bool take_place(const struct output *output, const struct held_file *there,
                       struct error *err) {
    bool swapped = false;
    if (there->inode == 0)
        return held_folder_move(output->parent, output->temporary, output->name, err);
    if (!held_folder_swap(output->parent, output->temporary, output->name, &swapped, err))
        return false;
    if (!swapped) /* a file system that cannot: for a moment there is none */
        return held_folder_remove(output->parent, output->name, err) &&
               held_folder_move(output->parent, output->temporary, output->name, err);
    return true;
}

enum ctl_exit output_folder_write(const char *path, const struct output_entry *entries,
                                  size_t count, bool force) {
    struct output output = {.entries = entries, .count = count};
    struct held_file there = {0};
    struct error err = {0};
    bool ok = find_place(path, &output, &err);
    if (ok)
        held_folder_sweep(output.parent); /* what an earlier run left that was killed */
    ok = ok && may_replace(&output, force, &there, &err) && write_all(&output, &err) &&
         take_place(&output, &there, &err) && held_folder_sync(output.parent, &err);
    if (!ok)
        name_as_given(&output, &err);
    if (output.made) /* what is left of a failure, or was replaced */
        held_folder_remove(output.parent, output.temporary, NULL);
    output_finish(&output);
    return ok ? CTL_FINE : ctl_fail_given(&err);
}
