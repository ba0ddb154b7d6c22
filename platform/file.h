/* Files and folders: reading whole, appearing whole, being recognised again.
 *
 * Nothing here is readable by others than its owner unless the caller says so, and a file that
 * appears does so by write, fsync, rename, fsync of the folder. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

/* What tells one state of a file from another without reading it. Plain data. */
struct file_identity {
    uint64_t device;
    uint64_t inode;
    uint64_t size;       /* bytes */
    int64_t modified_ns; /* since 1970 */
    int64_t changed_ns;  /* of the inode: also mode, owner, links */
    uint32_t mode;       /* permission bits, as POSIX */
    uint32_t owner;      /* user id */
    bool is_folder;
    bool is_regular;
};

/* Follows links. ERROR_MISSING also for a link that leads nowhere. */
bool file_identify(const char *path, struct file_identity *out, struct error *err);
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);
bool file_readable_by_all(const struct file_identity *identity);

/* Reads a regular file whole, at most `limit` bytes (ERROR_INPUT beyond, or if it is no regular
 * file: never blocks on a FIFO). `identity` (may be NULL) is that of the very bytes read: taken
 * from the open file before and after, and read again while they differ, a few times; of a file
 * that goes on changing it is one that the file no longer has. Gives `out`, with a NUL after it
 * that does not count. */
bool file_read(const char *path, size_t limit, struct blob *out, struct file_identity *identity,
               struct error *err);

enum file_policy {
    FILE_REPLACE,  /* an older file of that name gives way */
    FILE_NEW_ONLY, /* ERROR_EXISTS if there is one, which stays untouched */
};

/* Makes `path` appear with these bytes, whole or not at all, also if the machine stops half-way.
 * `mode` as POSIX, e.g. 0600, whatever the umask. The temporary file stands in the same folder, is
 * named
 * ".mailstored-….tmp" and is removed on every failure. ERROR_SPACE, ERROR_PERMISSION, … */
bool file_write(const char *path, const void *data, size_t size, unsigned mode,
                enum file_policy policy, struct error *err);

/* A name for a temporary file: ".mailstored-….tmp", with the number of this process, so that it is
 * known who left it. */
enum { FILE_TEMPORARY_SIZE = 64 };
bool file_temporary_name(char out[static FILE_TEMPORARY_SIZE], struct error *err);
bool file_is_temporary(const char *name); /* one of ours, of whatever process */

/* Removes what an interrupted file_write of a process now dead left in `folder`.
 * Call it only while holding the lock under which such files are written. */
void file_sweep(const char *folder);

bool file_remove(const char *path, struct error *err); /* ERROR_MISSING if there is none */

/* Makes a folder and its missing parents: the folder itself with `mode` whatever the umask, parents
 * with 0755 less the umask. One that exists is left as it is. */
bool folder_make(const char *path, unsigned mode, struct error *err);

/* Can a file be created in this existing folder, or, if it does not exist, could it be made?
 * Leaves no trace. */
bool folder_writable(const char *path, struct error *err);

/* Calls `visit` once for each name in the folder, without "." and "..", in no order. Stops when
 * `visit` returns false, and then returns true. */
bool folder_list(const char *path, bool (*visit)(void *context, const char *name), void *context,
                 struct error *err);

/* Every folder whose content decides what `path` leads to: the folder of `path` itself, and for
 * each symbolic link on the way the folder it stands in and the one it leads to. Absolute paths,
 * may repeat. Where something on the way is missing, the folder it would appear in is the last.
 * `visit` gets borrowed text. */
void file_trail(const char *path, void (*visit)(void *context, const char *folder), void *context);

/* An exclusive lock that ends with the process. The file is made (0600) if missing and is never
 * removed; it holds the owner's process id for a person to read. ERROR_BUSY names that process. */
struct file_lock;
bool file_lock_acquire(const char *path, struct file_lock **out, struct error *err);
void file_lock_release(struct file_lock *lock); /* NULL is legal */

/* The folder a path names something in: "." for a bare name. Newly allocated; NULL when out of
 * memory. */
char *path_folder(const char *path);
/* folder + "/" + name, newly allocated; NULL when out of memory. */
char *path_join(const char *folder, const char *name);
/* Absolute form without following links; newly allocated. */
char *path_absolute(const char *path);
