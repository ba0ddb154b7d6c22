/* The form of INF files: sections, "key = value" lines, comments, quotes, %tokens% and continued
 * lines (Microsoft's "General Syntax Rules for INF Files" and "INF Strings Section").
 *
 * What the sections and keys mean is the reader's matter. Damage done by copying a file out of a
 * document is found here; tolerant reading (`remarks->tolerant`) mends what can mean one thing
 * only. */
#pragma once

#include "certs/inf_remarks.h"

/* Characters of a key or a value, with its NUL (Microsoft's limit). */
enum { INF_FIELD_LIMIT = 4096 };

struct inf_entry {
    const char *section; /* as the file writes it */
    struct inf_text key; /* with its tokens replaced */
    struct inf_text value;
    bool quoted; /* `Subject = ""` says something, `Subject =` does not */
};

/* What the reader of the file's meaning knows and wants to hear. */
struct inf_grammar {
    /* Is `key` one of this section's own words? Tells an entry from a line of prose. */
    bool (*is_key)(const char *section, const char *key);
    /* Can this line be nothing but more of the unquoted value of `key` above it? */
    bool (*is_more)(void *context, const char *section, const char *key, const char *line);
    void (*section)(void *context, const char *name, struct inf_place place);
    /* Borrowed; what is taken out of the entry's texts must leave them empty. Entries of [Strings]
     * are told as well. */
    void (*entry)(void *context, struct inf_entry *entry);
};

/* Reads `text`, which is inf_decode's and is written to. Everything wrong is reported, and reading
 * goes on with what was most likely meant. */
void inf_read(struct buffer *text, const struct inf_grammar *grammar, void *context,
              struct inf_remarks *remarks);

/* Names of sections and keys: the letters of ASCII in either case. */
bool inf_same_name(const char *a, const char *b);
