/* Text for people: columns, lists of names, times with what is left of them. */
#pragma once

#include "base/blob.h"

#include <jansson.h>
#include <stdint.h>

/* How many columns a terminal gives this text: wide characters two, combining ones none. */
size_t text_columns(const char *text);

enum { TEXT_TABLE_COLUMNS = 8 };

/* A table whose columns are as wide as their widest cell. Zero-initialised is empty; `columns` must
 * be set. */
struct text_table {
    size_t columns;
    char **cells; /* row by row */
    size_t count, capacity;
    bool failed; /* out of memory */
};

/* Adds a cell; its text is made printable. NULL or "" is shown as "-". */
void text_table_add(struct text_table *table, const char *cell);
void text_table_print(const struct text_table *table, const char *indent, struct buffer *out);
void text_table_finish(struct text_table *table);

/* "  label        value", the value made printable; nothing for NULL. */
void text_field(struct buffer *out, const char *label, const char *value);

/* "7299 days left", "5 hours left", "expired 3 days ago", "not valid for another 2 days". */
void text_append_left(struct buffer *out, int64_t not_before, int64_t not_after, int64_t now);
/* "2026-11-24 10:00:00 UTC to 2046-11-19 10:00:00 UTC, 7299 days left" */
void text_append_validity(struct buffer *out, int64_t not_before, int64_t not_after, int64_t now);
/* A field of that, of a certificate as answers have it. */
void text_field_validity(struct buffer *out, const char *label, const json_t *certificate,
                         int64_t now);
/* "mail (by mailstorectl select)", "mail (by /etc/…/mailstored.conf:12)"; `pin` has the member
 * `entry_member`, and pinned_by and pinned_at as the daemon tells them (docs/CONTROL.md). Nothing
 * where nothing is pinned. */
void text_append_pin(struct buffer *out, const json_t *pin, const char *entry_member);
/* "3 days", "5 hours", "1 minute". */
void text_append_duration(struct buffer *out, int64_t seconds);

/* Strings of JSON arrays (either may be NULL), parted by ", "; at most `most`, then "and 12 more".
 */
void text_append_names(struct buffer *out, const json_t *first, const json_t *second, size_t most);
/* A field of all of them; nothing where there are none. */
void text_field_names(struct buffer *out, const char *label, const json_t *first,
                      const json_t *second);

/* A paragraph for each of an answer's `warnings`. */
void text_append_warnings(struct buffer *out, const json_t *answer);
