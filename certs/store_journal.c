#include "certs/store_journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "mailstored: a change of the store, version 1\n";
static const char last_line[] = "end\n";

/* ---- moves ---- */

static void move_finish(struct store_move *move) {
    free((char *)move->from);
    free((char *)move->to);
}

bool store_moves_add(struct store_moves *moves, const struct store_move *move) {
    struct store_move *items = realloc(moves->items, (moves->count + 1) * sizeof *items);
    if (!items)
        return false;
    moves->items = items;
    struct store_move copy = *move;
    copy.from = strdup(move->from);
    copy.to = strdup(move->to);
    if (!copy.from || !copy.to) {
        move_finish(&copy);
        return false;
    }
    items[moves->count++] = copy;
    return true;
}

void store_moves_finish(struct store_moves *moves) {
    for (size_t i = 0; i < moves->count; i++)
        move_finish(&moves->items[i]);
    free(moves->items);
    *moves = (struct store_moves){0};
}

/* ---- as text ---- */

/* Names of files are any octets: those that would break a line apart are written as %XX. */
static void append_name(struct buffer *out, const char *name) {
    for (const char *c = name; *c; c++)
        if (*c > ' ' && *c <= '~' && *c != '%')
            buffer_append(out, c, 1);
        else
            buffer_printf(out, "%%%02X", (unsigned char)*c);
}

void store_moves_write(const struct store_moves *moves, struct buffer *out) {
    buffer_append_text(out, first_line);
    for (size_t i = 0; i < moves->count; i++) {
        const struct store_move *move = &moves->items[i];
        append_name(out, move->from);
        buffer_append_text(out, " ");
        append_name(out, move->to);
        buffer_printf(out, " %" PRIu64 " %" PRId64 " %" PRIu64 " %" PRId64 "\n", move->what.inode,
                      move->what.born_ns, move->over.inode, move->over.born_ns);
    }
    buffer_append_text(out, last_line);
}

/* What is left to read. */
struct reader {
    const char *at, *end;
};

static bool take_text(struct reader *reader, const char *text) {
    size_t size = strlen(text);
    if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, text, size) != 0)
        return false;
    reader->at += size;
    return true;
}

static int hex_value(char c) {
    static const char digits[] = "0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* One octet of a name; 0 where it ends or is none. */
static unsigned char take_octet(struct reader *reader) {
    ptrdiff_t left = reader->end - reader->at;
    if (left < 1 || *reader->at <= ' ' || *reader->at > '~')
        return 0;
    if (*reader->at != '%')
        return (unsigned char)*reader->at++;
    int high = left > 2 ? hex_value(reader->at[1]) : -1;
    int low = left > 2 ? hex_value(reader->at[2]) : -1;
    if (high < 0 || low < 0)
        return 0;
    reader->at += 3;
    return (unsigned char)(high << 4 | low);
}

/* In the folder itself, and nothing that we keep there but temporary files. */
static bool is_fit(const char *name) {
    static const char ours[] = ".mailstored-";
    if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    return strncmp(name, ours, sizeof ours - 1) != 0 || file_is_temporary(name);
}

enum { NAME_ROOM = 256 };

static bool take_name(struct reader *reader, char out[static NAME_ROOM]) {
    size_t length = 0;
    unsigned char octet;
    while ((octet = take_octet(reader)) != 0) {
        if (length == NAME_ROOM - 1)
            return false;
        out[length++] = (char)octet;
    }
    out[length] = '\0';
    return is_fit(out) && take_text(reader, " ");
}

static bool take_number(struct reader *reader, uint64_t most, uint64_t *out) {
    const char *begin = reader->at;
    uint64_t number = 0;
    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
        unsigned digit = (unsigned)(*reader->at - '0');
        if (number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return reader->at > begin;
}

static bool take_file(struct reader *reader, struct held_file *out) {
    uint64_t born_ns;
    if (!take_number(reader, UINT64_MAX, &out->inode) || !take_text(reader, " ") ||
        !take_number(reader, INT64_MAX, &born_ns))
        return false;
    out->born_ns = (int64_t)born_ns;
    return true;
}

static bool take_move(struct reader *reader, struct store_moves *moves, struct error *err) {
    char from[NAME_ROOM], to[NAME_ROOM];
    struct store_move move = {.from = from, .to = to};
    bool ok = take_name(reader, from) && take_name(reader, to) && take_file(reader, &move.what) &&
              take_text(reader, " ") && take_file(reader, &move.over) && take_text(reader, "\n");
    bool comes = ok && file_is_temporary(from), goes = ok && file_is_temporary(to);
    if (!ok || move.what.inode == 0 || (comes && goes) || (move.over.inode != 0 && !comes)) {
        error_set(err, ERROR_INPUT, "line %zu is damaged", moves->count + 2);
        return false;
    }
    if (store_moves_add(moves, &move))
        return true;
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

bool store_moves_read(const void *text, size_t size, struct store_moves *out, struct error *err) {
    struct store_moves moves = {0};
    struct reader reader = {text, (const char *)text + size};
    bool ok = take_text(&reader, first_line);
    if (!ok)
        error_set(err, ERROR_INPUT, "line 1 is not that of a change of the store");
    while (ok && !take_text(&reader, last_line))
        ok = take_move(&reader, &moves, err);
    if (ok && reader.at != reader.end) {
        error_set(err, ERROR_INPUT, "there is more behind its end");
        ok = false;
    }
    if (ok)
        *out = moves;
    else
        store_moves_finish(&moves);
    return ok;
}

/* ---- making them ---- */

enum result {
    MADE,
    LEFT, /* it is not what was to be moved, or no longer */
    FAILED,
};

static bool stands(const struct held_folder *folder, const char *name,
                   const struct held_file *file) {
    struct held_file there;
    return held_folder_look(folder, name, &there, NULL) && held_file_same(&there, file);
}

/* `is_final`: what gave way is gone, for the file system cannot let two change places. */
static enum result make_over(const struct held_folder *folder, const struct store_move *move,
                             bool *is_final, struct error *err) {
    bool swapped = false;
    if (!held_folder_swap(folder, move->from, move->to, &swapped, err))
        return FAILED;
    if (swapped)
        return MADE;
    if (!held_folder_replace(folder, move->from, move->to, err))
        return FAILED;
    *is_final = true;
    return MADE;
}

static enum result make(const struct held_folder *folder, const struct store_move *move,
                        bool *is_final, struct error *err) {
    struct held_file there;
    struct error why = {0};
    if (!stands(folder, move->from, &move->what))
        return LEFT;
    if (held_folder_look(folder, move->to, &there, &why)) {
        if (move->over.inode == 0 || !held_file_same(&there, &move->over))
            return LEFT;
        return make_over(folder, move, is_final, err);
    }
    if (why.kind == ERROR_MISSING)
        return held_folder_move(folder, move->from, move->to, err) ? MADE : FAILED;
    error_set(err, why.kind, "%s", why.text);
    return FAILED;
}

static bool take_back(const struct held_folder *folder, const struct store_move *move) {
    struct held_file there;
    bool swapped = false;
    if (!held_folder_look(folder, move->from, &there, NULL))
        return held_folder_move(folder, move->to, move->from, NULL);
    return held_folder_swap(folder, move->from, move->to, &swapped, NULL) && swapped;
}

static void remove_temporary(const struct held_folder *folder, const struct store_moves *moves) {
    for (size_t i = 0; i < moves->count; i++) {
        if (file_is_temporary(moves->items[i].from))
            held_folder_remove(folder, moves->items[i].from, NULL);
        if (file_is_temporary(moves->items[i].to))
            held_folder_remove(folder, moves->items[i].to, NULL);
    }
}

/* ---- written down ---- */

bool store_journal_is_there(const char *folder) {
    struct file_identity identity;
    char *path = path_join(folder, STORE_JOURNAL);
    bool is_there = path && file_identify(path, &identity, NULL);
    free(path);
    return is_there;
}

static bool forget(const struct held_folder *folder) {
    struct error err = {0};
    bool ok = held_folder_remove(folder, STORE_JOURNAL, &err) || err.kind == ERROR_MISSING;
    if (ok)
        held_folder_sync(folder, NULL);
    return ok;
}

static bool write_down(const struct store_moves *moves, const struct held_folder *folder,
                       struct error *err) {
    char name[FILE_TEMPORARY_SIZE] = "";
    struct buffer text = {0};
    store_moves_write(moves, &text);
    if (text.failed)
        error_set(err, ERROR_MEMORY, "out of memory");
    /* The temporary files' names are on the disk before the change that needs them. */
    bool ok = !text.failed && file_temporary_name(name, err) &&
              held_folder_create(folder, name, text.data, text.size, 0600, err) &&
              held_folder_sync(folder, err) && held_folder_move(folder, name, STORE_JOURNAL, err) &&
              held_folder_sync(folder, err);
    if (!ok && name[0])
        held_folder_remove(folder, name, NULL);
    buffer_finish(&text);
    return ok;
}

/* Back to how it was, after the first `made`. The text that was written down goes before the
 * temporary files, without which nobody could carry it out. */
static bool undo(const struct store_moves *moves, size_t made, const struct held_folder *folder) {
    bool ok = true;
    while (ok && made-- > 0)
        ok = take_back(folder, &moves->items[made]);
    ok = ok && forget(folder);
    if (ok)
        remove_temporary(folder, moves);
    return ok;
}

static void set_left(struct error *err, const struct held_folder *folder,
                     const struct store_move *move) {
    const char *name = file_is_temporary(move->from) ? move->to : move->from;
    error_set(err, ERROR_BUSY, "%s/%s was changed by somebody else at the same time: try again",
              held_folder_path(folder), name);
}

bool store_moves_make(const struct store_moves *moves, const struct held_folder *folder,
                      struct error *err) {
    size_t made = 0;
    bool is_final = false;
    bool ok = moves->count <= 1 || write_down(moves, folder, err);
    while (ok && made < moves->count) {
        enum result result = make(folder, &moves->items[made], &is_final, err);
        if (result == LEFT)
            set_left(err, folder, &moves->items[made]);
        ok = result == MADE;
        made += ok;
    }
    ok = ok && held_folder_sync(folder, err);
    if (!ok) {
        if (is_final || !undo(moves, made, folder))
            error_prefix(err, "the change is under way and will be finished by the next command");
        return false;
    }
    remove_temporary(folder, moves);
    if (moves->count > 1)
        forget(folder); /* if it stays, whoever finds it finds everything made */
    return true;
}

/* False: it is to be tried again. */
static bool finish(const struct store_moves *moves, const struct held_folder *folder,
                   struct error *err) {
    bool is_final = false;
    for (size_t i = 0; i < moves->count; i++)
        if (make(folder, &moves->items[i], &is_final, err) == FAILED)
            return false;
    if (!held_folder_sync(folder, err))
        return false;
    remove_temporary(folder, moves);
    return held_folder_remove(folder, STORE_JOURNAL, err) && held_folder_sync(folder, err);
}

bool store_journal_finish(const struct held_folder *folder, struct error *err) {
    enum { LIMIT = 1024 * 1024 };
    struct blob text = {0};
    struct store_moves moves = {0};
    struct error why = {0};
    if (!held_folder_read(folder, STORE_JOURNAL, LIMIT, &text, &why) && why.kind == ERROR_MISSING)
        return true;
    bool ok = why.kind == ERROR_NONE && store_moves_read(text.data, text.size, &moves, &why) &&
              finish(&moves, folder, &why);
    if (!ok)
        error_set(err, why.kind,
                  "an interrupted change, written down in %s/%s, cannot be finished: %s",
                  held_folder_path(folder), STORE_JOURNAL, why.text);
    store_moves_finish(&moves);
    blob_finish(&text);
    return ok;
}
