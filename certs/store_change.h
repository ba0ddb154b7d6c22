/* Changing the store's files all at once: whoever looks finds it as before or as after.
 *
 * A change is prepared in temporary files, which the store passes over. A change of one file is one
 * rename. One of several files is written down first, in ".mailstored-change" in the store's
 * folder, by write, fsync, rename; with that it has happened: whoever scans or changes the store
 * next carries it out to its end (store_change_finish_interrupted), if the process that began it
 * died. What a written-down change removes or renames is recognised by its inode, so that files
 * dropped since are left alone.
 *
 * One process changes a store at a time (a lock in the store's folder, released with the process).
 * Where the process is root, what it writes is given to the owner of the folder. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "certs/cert.h"
#include "certs/entry_meta.h"

struct store_change;

/* Makes the folder (0700) if it is missing. Waits for another process's change for a few seconds,
 * then ERROR_BUSY. Finishes an interrupted change first. */
bool store_change_begin(const char *folder, struct store_change **out, struct error *err);
/* The same for whoever must not wait: ERROR_BUSY at once. */
bool store_change_try(const char *folder, struct store_change **out, struct error *err);
/* Would that go right now? For who prepares for long what is to be put there, such as a key: others
 * need not wait for that. */
bool store_change_possible(const char *folder, struct error *err);

/* Names are of files in the folder; each step counts on those before it. A file written takes the
 * place of an older one. A step that failed for another reason than ERROR_EXISTS, ERROR_MISSING or
 * a wrong name may have left half of itself: then commit fails, and nothing changes. */
bool store_change_write(struct store_change *change, const char *file, const void *data,
                        size_t size, unsigned mode, struct error *err);
bool store_change_remove(struct store_change *change, const char *file, struct error *err);
bool store_change_rename(struct store_change *change, const char *from, const char *to,
                         struct error *err);

/* ---- entries: whatever form their files have (cert_store.h) ---- */

/* Is there an entry of that name, in any form, also a broken one? */
bool store_change_has(const struct store_change *change, const char *entry);

/* The entry as one NAME.pem and its NAME.meta; every other file of an older entry of that name goes
 * (a staple too, since it belongs to the older certificate). ERROR_EXISTS unless `replace`.
 * Material without a key is ERROR_INPUT. */
bool store_change_put(struct store_change *change, const char *entry,
                      const struct cert_material *material, const struct entry_meta *meta,
                      bool replace, struct error *err);
/* All its files. ERROR_MISSING. An entry that is a folder is moved out of the way whole; one that
 * is a link to a folder loses the link, and the folder stays. */
bool store_change_remove_entry(struct store_change *change, const char *entry, struct error *err);
bool store_change_rename_entry(struct store_change *change, const char *from, const char *to,
                               struct error *err);
/* The meta alone. */
bool store_change_set_meta(struct store_change *change, const char *entry,
                           const struct entry_meta *meta, struct error *err);

/* Carries it out. On false nothing has changed; the change is used up either way, and so it is by
 * store_change_abandon: NULL is legal. */
bool store_change_commit(struct store_change *change, struct error *err);
void store_change_abandon(struct store_change *change);

/* Carries out a change whose process died after writing it down, and sweeps what one left that died
 * before. Does nothing, quickly, where there is none, where somebody is at work, or where the
 * folder may not be written. */
void store_change_finish_interrupted(const char *folder);

/* Can an entry have this name: 1 to 200 octets of well-formed UTF-8 without "/", control characters
 * and what the store passes over or takes for an ending (".pem", "~", a leading dot)? The error
 * says which. "authority" is taken: the configuration means the local authority by it. */
bool entry_name_check(const char *name, struct error *err);
/* A name made safe from any text ("My server: *.example.org" → "My server_ _.example.org"); never
 * empty. Newly allocated; NULL: out of memory. */
char *entry_name_from(const char *text);
