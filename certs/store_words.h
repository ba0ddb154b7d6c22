/* Inside certs/: saying what is wrong with a file of the store, and how to mend it. */
#pragma once

#include "certs/store_look.h"

/* Each adds one problem about `file` to the list; false: out of memory. */

/* The file cannot be looked at or is of a kind that is never read. */
bool store_words_state(struct store_problem **list, const struct store_file *file,
                       const struct store_view *view);
/* Reading it failed with this error. */
bool store_words_unreadable(struct store_problem **list, enum cert_store_event_kind kind,
                            const struct store_file *file, const struct error *err,
                            const struct store_view *view);
/* It holds a secret, and everyone can read it. */
bool store_words_public(struct store_problem **list, const struct store_file *file,
                        const struct store_view *view);
bool store_words_no_key(struct store_problem **list, const struct store_file *certificate);
bool store_words_no_certificate(struct store_problem **list, const struct store_entry *entry,
                                const struct store_file *key);
bool store_words_unused(struct store_problem **list, const struct store_file *file,
                        const struct store_unused *unused);

/* `err`, whose text may begin with the file's path. */
bool store_words_error(struct store_problem **list, enum cert_store_event_kind kind,
                       const struct store_file *file, const struct error *err);

/* What follows the path at the beginning of an error's text; the whole text without one. */
const char *store_words_after(const char *text, const char *path);
