/* Being told that folders changed.
 *
 * An event means "look again", nothing more. Events may be late, doubled, or for something else;
 * on file systems that send none, none comes: poll slowly beside the watch. */
#pragma once

#include "base/error.h"
#include "base/string_list.h"
#include "platform/loop.h"

struct watch;

/* `changed` runs in the loop's thread, once for a burst that was already waiting. */
bool watch_create(struct loop *loop, void (*changed)(void *context), void *context,
                  struct watch **out, struct error *err);
void watch_destroy(struct watch *watch);

/* From now on watch these folders and no others. A folder that does not exist is skipped and
 * tried again at the next call: also name the parent of one that may come back. A folder that was
 * replaced by another of the same name is watched anew. Returns true if the set of folders really
 * watched differs from before the call: then scan once more, since something may have happened in
 * a folder before it was watched. */
bool watch_set(struct watch *watch, const struct string_list *folders);

/* Is every existing folder of the last watch_set really watched? If not, changes in the one that
 * `err` names are seen by a poll alone; it says why (the system's limit on watches, permission). */
bool watch_is_complete(const struct watch *watch, struct error *err);
