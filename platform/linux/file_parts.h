/* Behind the platform: what file.c, file_lock.c and held_folder.c share. */
#pragma once

#include "base/error.h"
#include "platform/file.h"

/* file_read of an open file, which it closes. */
bool file_read_open(int file, const char *path, size_t limit, struct blob *out,
                    struct file_identity *identity, struct error *err);

/* Sets the mode, writes and syncs. False: errno says why. */
bool file_fill(int file, const void *data, size_t size, unsigned mode);

/* Some file systems cannot sync a folder; what was to be done in it is done. Gives 0 or errno. */
int file_sync_folder(int folder);

/* The process that made a temporary file of that name; 0 if no process of ours did. */
long file_temporary_maker(const char *name);

/* Locks the open file, which it takes in every case. Waits so long for whoever holds it. */
bool file_lock_take(int file, const char *path, int64_t wait_ms, struct file_lock **out,
                    struct error *err);
