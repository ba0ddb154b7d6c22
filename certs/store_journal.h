/* Inside certs/: moves within the store's folder that are made all or not at all.
 *
 * Several are written down before the first is made, in a file of the folder; with that they have
 * happened. A file that comes is moved from a temporary name; one that goes, to a temporary name.
 * What they are to move is recognised (held_file_same), so that making them twice is making them
 * once, and what somebody dropped there since is left alone. */
#pragma once

#include "base/blob.h"
#include "platform/held_folder.h"

#define STORE_JOURNAL ".mailstored-change"

struct store_move {
    const char *from, *to; /* owned where it stands in a list */
    struct held_file what; /* what stands at `from` */
    struct held_file over; /* what stands at `to` and gives way: where `from` is temporary alone */
};

/* Zero-initialised is empty. */
struct store_moves {
    struct store_move *items;
    size_t count;
};
/* Copies. False: out of memory. */
bool store_moves_add(struct store_moves *moves, const struct store_move *move);
void store_moves_finish(struct store_moves *moves);

/* Written down, and read. ERROR_INPUT: no such text, or one that leads out of the folder. */
void store_moves_write(const struct store_moves *moves, struct buffer *out);
bool store_moves_read(const void *text, size_t size, struct store_moves *out, struct error *err);

/* Makes them, in their order; every temporary file among them is gone afterwards. On false nothing
 * has changed, unless the error says that it is to be finished by whoever looks next. */
bool store_moves_make(const struct store_moves *moves, const struct held_folder *folder,
                      struct error *err);

/* Is something written down there? */
bool store_journal_is_there(const char *folder);
/* Makes what is written down, if anything is. */
bool store_journal_finish(const struct held_folder *folder, struct error *err);
