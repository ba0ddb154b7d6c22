/* A folder held open: what is done in it is done in it, whatever its path leads to meanwhile.
 *
 * A tool that runs as root in somebody else's folder must not be led elsewhere. So names here are
 * of things in the folder itself, without "/", and no link is followed. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "platform/file.h"

#include <stdint.h>

struct held_folder;

/* The path may lead through links. */
bool held_folder_open(const char *path, struct held_folder **out, struct error *err);
/* Makes it first if it is missing, as folder_make; where the process is root, it then belongs to
 * the owner of the folder it stands in. */
bool held_folder_make(const char *path, unsigned mode, struct held_folder **out, struct error *err);
void held_folder_close(struct held_folder *folder);             /* NULL is legal */
const char *held_folder_path(const struct held_folder *folder); /* as it was opened; borrowed */

/* What tells a file from another that has its name later. */
struct held_file {
    uint64_t inode;  /* 0: there is no file */
    int64_t born_ns; /* since 1970; 0: the file system does not say */
    bool is_folder;
};
/* ERROR_MISSING. A link is looked at itself. */
bool held_folder_look(const struct held_folder *folder, const char *name, struct held_file *out,
                      struct error *err);
bool held_file_same(const struct held_file *a, const struct held_file *b);

/* As folder_list and file_read. */
bool held_folder_list(const struct held_folder *folder,
                      bool (*visit)(void *context, const char *name), void *context,
                      struct error *err);
bool held_folder_read(const struct held_folder *folder, const char *name, size_t limit,
                      struct blob *out, struct error *err);

/* Makes a file that was not there, written to the disk; its name is not before held_folder_sync.
 * Where the process is root, it belongs to the folder's owner. Nothing is left on failure. */
bool held_folder_create(const struct held_folder *folder, const char *name, const void *data,
                        size_t size, unsigned mode, struct error *err);

/* ERROR_EXISTS if there is something at `to`. */
bool held_folder_move(const struct held_folder *folder, const char *from, const char *to,
                      struct error *err);
/* Takes the place of what is at `to`, which goes. */
bool held_folder_replace(const struct held_folder *folder, const char *from, const char *to,
                         struct error *err);
/* The two change places in one step. `*out`: not all file systems can do that; where this one
 * cannot, nothing happened and it is false. */
bool held_folder_swap(const struct held_folder *folder, const char *one, const char *other,
                      bool *out, struct error *err);

/* A file, a link, or a folder with all that is in it, on this file system. ERROR_MISSING. */
bool held_folder_remove(const struct held_folder *folder, const char *name, struct error *err);
/* May what is in this folder of the folder be removed? */
bool held_folder_may_empty(const struct held_folder *folder, const char *name, struct error *err);

bool held_folder_sync(const struct held_folder *folder, struct error *err);

/* file_sweep, also of folders moved out of the way under a temporary name. */
void held_folder_sweep(const struct held_folder *folder);

/* As file_lock_acquire; waits so long for whoever holds it. */
bool held_folder_lock(const struct held_folder *folder, const char *name, int64_t wait_ms,
                      struct file_lock **out, struct error *err);
