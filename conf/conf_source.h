/* The text of a configuration file and of those it includes, joined into one, with a record of
 * where each line came from.
 *
 * libconfig 1.5 could read the files itself, but it ends the process when an included "file" is a
 * folder, silently cuts integers to 32 bits (port = 4294975758 is 8462 to it), takes no comment in
 * a last line without line end, and cannot include an absolute path. So it is given text that has
 * none of these: no comments, no inclusions, every integer with its full value in 64 bits, one
 * token in each line so that a syntax error names the very token. */
#pragma once

#include "base/blob.h"
#include "conf/conf_mistake.h"

enum {
    CONF_FILE_LIMIT = 1024 * 1024,       /* bytes in one file */
    CONF_SOURCE_LIMIT = 4 * 1024 * 1024, /* bytes in all; inclusions can multiply */
    CONF_INCLUDE_DEPTH = 10,             /* libconfig's own limit */
};

struct conf_source {
    struct buffer text;
    struct conf_origin *origins; /* of the text's lines, the first at [0] */
    size_t origin_count;
    struct conf_origin end; /* the main file's last line */
};

/* Joins `name` (for messages, and the first of `files`), whose bytes these are, with what it
 * includes. Paths of inclusions count from `folder`. File names are added to `files`, which the
 * origins borrow from. False after telling a mistake: a file that cannot be read, a text or comment
 * that does not end. `out` is the caller's to finish in either case. */
bool conf_source_join(const char *name, const struct blob *bytes, const char *folder,
                      struct string_list *files, struct conf_mistakes *mistakes,
                      struct conf_source *out);
void conf_source_finish(struct conf_source *source);

/* A path of the configuration, which counts from `folder` ("": the working folder) unless it is
 * absolute. Newly allocated; NULL when out of memory. */
char *conf_source_path(const char *folder, const char *path);

/* Where line `line` (from 1) came from; beyond the last one, the end. */
struct conf_origin conf_source_origin(const struct conf_source *source, unsigned line);

/* The text of line `line` without its end, newly allocated; NULL beyond the last or out of memory.
 */
char *conf_source_line(const struct conf_source *source, unsigned line);
